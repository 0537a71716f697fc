import { allParts } from '../ledger/parts.js';
import { rebuildPart } from '../ledger/rebuild-sums.js';
import { runCommand } from './open-database.js';
import { showProgress } from './progress.js';

// `npm run rebuild`: makes every derived sum what the ledger adds up to. May run beside the server: deliveries wait
// for a part at a time.
await runCommand(async (client) => {
  const parts = await allParts(client);
  const progress = showProgress(
    'rebuild',
    parts.reduce((sum, { weight }) => sum + weight, 0),
  );
  let changed = 0;
  for (const part of parts) {
    changed += await rebuildPart(client, part);
    progress.advance(part.weight);
  }
  progress.stop();
  process.stdout.write(
    changed === 0 ? 'Every sum was right already.\n' : `Rows that were made right: ${changed}.\n`,
  );
  return 'good';
});
