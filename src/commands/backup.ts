import { estimateRows } from '../backup/tables.js';
import { writeBackup } from '../backup/write-backup.js';
import { CannotRun, runCommand } from './open-database.js';
import { showProgress } from './progress.js';

// `npm run backup -- FILE`: the whole instance as it is at one instant. May run beside the server.
await runCommand(async (client) => {
  const [file, ...more] = process.argv.slice(2);
  if (file === undefined || more.length > 0) throw new CannotRun('Usage: npm run backup -- FILE');
  const progress = showProgress('backup', await estimateRows(client));
  const rows = await writeBackup(client, file, (count) => progress.advance(count));
  progress.stop();
  process.stdout.write(`Rows in ${file}: ${rows}.\n`);
  return 'good';
});
