import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Finished {
  code: number | null;
  stdout: Buffer;
  stderr: string;
}

/** A command as `npm run` starts it, in an environment that has nothing but what is given here. */
export function startCommand(name: string, args: string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [`dist/commands/${name}.js`, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: 'pipe',
  });
}

export async function finished(child: ChildProcess, input?: Buffer): Promise<Finished> {
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout!.on('data', (chunk) => stdout.push(chunk));
  child.stderr!.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin!.end(input);
  const [code] = await once(child, 'close');
  return { code, stdout: Buffer.concat(stdout), stderr };
}

export const runCommandProcess = (name: string, args: string[], env: NodeJS.ProcessEnv, input?: Buffer) =>
  finished(startCommand(name, args, env), input);
