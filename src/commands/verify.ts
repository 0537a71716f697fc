import { allParts } from '../ledger/parts.js';
import { describe, differencesIn } from '../ledger/verify-sums.js';
import { describeWrongRows } from '../repair/evidence.js';
import { brokenStatements } from '../statements/broken-statements.js';
import { describeVerified } from './describe-contents.js';
import { runCommand } from './open-database.js';
import { showProgress } from './progress.js';

// `npm run verify`: adds everything up again and names what differs. Changes nothing, and may run beside the server.
await runCommand(async (client) => {
  const parts = await allParts(client);
  const progress = showProgress(
    'verify',
    parts.reduce((sum, { weight }) => sum + weight, 0),
  );
  let differences = 0;
  for (const part of parts) {
    for (const difference of await differencesIn(client, part)) {
      differences += 1;
      process.stdout.write(`${describe(difference)}\n`);
    }
    progress.advance(part.weight);
  }
  progress.stop();
  const broken = await brokenStatements(client);
  for (const id of broken)
    process.stdout.write(`statement ${id}: its document is not the one that was closed\n`);
  const shifted = await describeWrongRows(client);
  for (const line of shifted) process.stdout.write(`${line}\n`);
  const { checked, emptiness } = await describeVerified(client);
  process.stdout.write(`${checked}\n`);
  if (differences === 0 && broken.length === 0 && shifted.length === 0) {
    process.stdout.write(
      `${emptiness ?? 'Every sum is what the ledger adds up to, and every statement verifies.'}\n`,
    );
    return 'good';
  }
  if (differences > 0)
    process.stdout.write('Some sums differ from the ledger: npm run rebuild restores them.\n');
  if (shifted.length > 0)
    process.stdout.write(
      'Some times were stored shifted: npm run repair mends them, see OPERATIONS.md, "If the database\'s time zone was not UTC".\n',
    );
  return 'bad';
});
