import { parseArgs } from 'node:util';
import { type Gone, retain } from '../retention/retain.js';
import { CannotRun, runCommand } from './open-database.js';

function readOptions(): boolean {
  try {
    const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean' } } });
    return values['dry-run'] ?? false;
  } catch (error) {
    throw new CannotRun(`${(error as Error).message}\nUsage: npm run retain -- [--dry-run]`);
  }
}

function describe({ months, messages }: Gone, isDryRun: boolean): string {
  const verb = isDryRun ? 'would go' : 'are gone';
  const lines = months.map(({ month, bodies, bytes, waiting }) => {
    const kept = waiting > 0 ? `; ${waiting} wait in quarantine and stay` : '';
    return `${month}: raw bodies that ${verb}: ${bodies}, of ${bytes} bytes${kept}\n`;
  });
  const bodies = months.reduce((sum, month) => sum + month.bodies, 0);
  return `${lines.join('')}Raw bodies that ${verb}: ${bodies}. Messages whose texts ${verb}: ${messages}.\n`;
}

// `npm run retain`: today's run of RETAIN_RAW_DAYS and RETAIN_CONTENT_DAYS, now; with --dry-run only says what would go.
await runCommand(async (client, { retainRawDays: raw, retainContentDays: content }) => {
  const isDryRun = readOptions();
  if (raw === null && content === null) {
    throw new CannotRun('Neither RETAIN_RAW_DAYS nor RETAIN_CONTENT_DAYS is set, so everything is kept.');
  }
  const gone = await retain(client, { raw, content }, new Date(), isDryRun);
  if (gone === null) throw new CannotRun('Another process is at it already.');
  process.stdout.write(describe(gone, isDryRun));
  return 'good';
});
