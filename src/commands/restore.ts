import { restoreBackup } from '../backup/restore-backup.js';
import { CannotRun, runCommand } from './open-database.js';
import { type Progress, showProgress } from './progress.js';

// `npm run restore -- FILE`: makes an empty instance the one that the backup was made of.
await runCommand(
  async (client) => {
    const [file, ...more] = process.argv.slice(2);
    if (file === undefined || more.length > 0) throw new CannotRun('Usage: npm run restore -- FILE');
    let progress: Progress | undefined;
    const rows = await restoreBackup(client, file, (count, total) => {
      progress ??= showProgress('restore', total);
      progress.advance(count);
    });
    progress?.stop();
    process.stdout.write(`Rows restored: ${rows}. Tokens and cursors of the old instance go on working.\n`);
    return 'good';
  },
  { isNew: true },
);
