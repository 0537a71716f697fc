import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { transformFile } from '@swc/core';

const source = resolve('src/database');

/**
 * A node process that owns an embedded server, so that a test can kill it. It runs a compiled copy of the sources it needs,
 * which lies in the project because it has to find the project's packages.
 */
export interface OwnerProcess {
  child: ChildProcess;
  /** The url, or the sentence of the failure. */
  answer: Promise<{ url?: string; error?: string; events: string[] }>;
}

export async function compileSources(): Promise<{ entry: string; remove: () => Promise<void> }> {
  const out = resolve('node_modules/.cache', `embedded-server-${process.pid}`);
  const names = (await readdir(source, { recursive: true })).filter((name) =>
    /^(embedded(-server|\/.*)|connect|session|unusable-database)\.ts$/.test(name),
  );
  for (const name of names) {
    const { code } = await transformFile(join(source, name), { swcrc: true });
    const file = join(out, name.replace(/\.ts$/, '.js'));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, code);
  }
  await writeFile(join(out, 'package.json'), '{"type":"module"}');
  const entry = join(out, 'owner.js');
  await writeFile(
    entry,
    `import { startEmbeddedServer } from './embedded-server.js';
     const events = [];
     const say = (answer) => console.log(JSON.stringify({ ...answer, events }));
     const options = { dataDir: process.argv[2], settings: { shared_buffers: '16MB', fsync: 'off' }, onEvent: (m) => events.push(m) };
     try {
       const server = await startEmbeddedServer(options);
       say({ url: server.url });
       process.once('SIGTERM', () => server.stop().then(() => process.exit(0)));
       setInterval(() => {}, 1000);
     } catch (error) {
       say({ error: error.message });
     }`,
  );
  return { entry, remove: () => rm(out, { recursive: true, force: true }) };
}

export function startOwner(
  entry: string,
  dataDir: string,
  env: NodeJS.ProcessEnv = process.env,
): OwnerProcess {
  const child = spawn(process.execPath, [entry, dataDir], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const answer = new Promise<{ url?: string; error?: string; events: string[] }>((settle, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => settle(JSON.parse(line)));
    child.once('exit', (code) => reject(new Error(`The owner ended with ${code} and without an answer.`)));
  });
  answer.catch(() => {});
  return { child, answer };
}
