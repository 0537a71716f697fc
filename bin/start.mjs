// `npm start`: builds what is stale, then becomes the application. Plain JavaScript, for nothing is built yet.
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Convoledger needs Node.js 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

if (process.argv.includes('--watch')) startAgainOnChange();
else await start();

async function start() {
  const building = new AbortController();
  // An end before the application listens for signals has nothing to save, so it is immediate. The application's
  // first listener takes over for good: from then on a signal must wait for what was accepted.
  for (const signal of ['SIGINT', 'SIGTERM']) {
    const early = () => {
      building.abort();
      process.exit(0);
    };
    process.on(signal, early);
    process.on('newListener', (name, listener) => {
      if (name === signal && listener !== early) queueMicrotask(() => process.off(signal, early));
    });
  }
  const { buildIfStale } = await import('./build.mjs');
  const isCommand = process.argv.includes('--build');
  // Standard output may be a command's data, and standard error has the log lines of the application.
  const say = (text) => (isCommand ? process.stderr : process.stdout).write(text);
  try {
    await buildIfStale(project, building.signal, say);
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
  if (!isCommand) await import('../dist/main.js');
}

/** `npm run dev`: stops and starts anew after each change of the sources. */
function startAgainOnChange() {
  let child;
  let timer;
  let ending = false;
  const launch = () => {
    child = spawn(process.execPath, [fileURLToPath(import.meta.url)], { stdio: 'inherit' });
    child.once('exit', (code) => {
      if (ending) process.exit(code ?? 1);
    });
  };
  const again = () => {
    if (ending) return;
    if (child.exitCode !== null || child.signalCode !== null) return launch();
    child.once('exit', launch);
    child.kill('SIGTERM');
  };
  for (const folder of ['src', 'prisma']) {
    watch(join(project, folder), { recursive: true }, (_event, name) => {
      if (name?.includes('generated')) return;
      clearTimeout(timer);
      timer = setTimeout(again, 200);
    });
  }
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      ending = true;
      if (child.exitCode !== null || child.signalCode !== null) process.exit(0);
      child.kill(signal);
    });
  }
  launch();
}
