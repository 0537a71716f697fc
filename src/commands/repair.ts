import { parseArgs } from 'node:util';
import { isZone } from '../query/time/zone.js';
import { CannotRepair, type Repair, repairShifted } from '../repair/mend.js';
import type { Mended } from '../repair/mend.sql.js';
import { CannotRun, runCommand } from './open-database.js';

const USAGE = 'Usage: npm run repair -- --zone Europe/Berlin [--dry-run]';

function readOptions(): { zone: string; isDryRun: boolean } {
  const { zone, 'dry-run': isDryRun } = parse();
  if (zone === undefined) throw new CannotRun(USAGE);
  if (!isZone(zone))
    throw new CannotRun('--zone must be the IANA name of a time zone, such as Europe/Berlin.');
  return { zone, isDryRun: isDryRun ?? false };
}

function parse(): { zone?: string; 'dry-run'?: boolean } {
  try {
    return parseArgs({ options: { zone: { type: 'string' }, 'dry-run': { type: 'boolean' } } }).values;
  } catch (error) {
    throw new CannotRun(`${(error as Error).message}\n${USAGE}`);
  }
}

function describe({ table, id, column, before, after, otherwise }: Mended): string {
  const doubt = otherwise === null ? '' : ` (or ${otherwise.toISOString()}: clocks skipped that hour)`;
  return `${table} ${id}: ${column} ${before.toISOString()} → ${after.toISOString()}${doubt}\n`;
}

function summarize({ mended, undecided, left, done }: Repair, zone: string, isDryRun: boolean): string {
  const lines = undecided.map(
    ({ first, last }) =>
      `Lines ${first} to ${last} of the audit trail, and the keys and agents made with them, stay as they are: they lie between a right time and a shifted one.\n`,
  );
  for (const line of left) lines.push(`Not explained by ${zone}: ${line}\n`);
  if (done) lines.push(`Nothing to do: times were repaired at ${done.at.toISOString()}, for ${done.zone}.\n`);
  else if (isDryRun) lines.push(`Times that would be mended: ${mended.length}. Nothing was changed.\n`);
  else lines.push(`Times that were mended: ${mended.length}.\n`);
  return lines.join('');
}

// `npm run repair -- --zone ZONE`: makes times right that earlier versions stored shifted, because the sessions of the
// database were in that zone. May run beside the server.
await runCommand(async (client) => {
  const { zone, isDryRun } = readOptions();
  const repair = await repairShifted(client, zone, isDryRun).catch((error: unknown) => {
    throw error instanceof CannotRepair ? new CannotRun(error.message) : error;
  });
  for (const row of repair.mended) process.stdout.write(describe(row));
  process.stdout.write(summarize(repair, zone, isDryRun));
  return 'good';
});
