import type pg from 'pg';
import { estimateRows } from '../backup/tables.js';
import { writeBackup } from '../backup/write-backup.js';
import { CannotRun, runCommand } from './open-database.js';
import { showProgress } from './progress.js';

const [file, ...more] = process.argv.slice(2);
const report = file === '-' ? process.stderr : process.stdout;

/** Says in the audit that there is a backup, for the metric that tells how old the last one is. */
async function record(client: pg.ClientBase, name: string, rows: number, startedAt: Date): Promise<void> {
  const details = JSON.stringify({ started_at: startedAt.toISOString(), rows });
  await client
    .query(
      `insert into audit_event (key_label, action, subject, details) values ($1, 'backup.made', $2, $3)`,
      ['npm run backup', name, details],
    )
    .catch((error: Error) => {
      // A replica cannot be written to. The backup is whole nevertheless.
      process.stderr.write(`The backup is complete, but could not be recorded: ${error.message}.\n`);
    });
}

// `npm run backup -- FILE`: the whole instance as it is at one instant; `-` is standard output. May run beside the server.
await runCommand(
  async (client) => {
    if (file === undefined || more.length > 0) throw new CannotRun('Usage: npm run backup -- FILE');
    const startedAt = new Date();
    const progress = showProgress('backup', await estimateRows(client));
    const rows = await writeBackup(client, file, (count) => progress.advance(count));
    progress.stop();
    const name = file === '-' ? 'standard output' : file;
    await record(client, name, rows, startedAt);
    report.write(`Rows in ${name}: ${rows}.\n`);
    return 'good';
  },
  { report },
);
