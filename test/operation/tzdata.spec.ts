import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ADMIN, cloneDatabase, INGEST, startTestApp } from '../harness.js';

/** Starts the application as an operator does, with other time zone rules where they are given, until it is ready. */
async function startUntilReady(databaseUrl: string, tzdata?: string) {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const otherRules = `Object.defineProperty(process.versions, 'tz', { value: ${JSON.stringify(tzdata)} })`;
  const child = spawn(
    process.execPath,
    [...(tzdata ? ['--import', `data:text/javascript,${otherRules}`] : []), 'bin/start.mjs'],
    {
      env: { ...env, DATABASE_URL: databaseUrl, INGEST_TOKEN: INGEST, ADMIN_TOKEN: ADMIN, PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const exited = once(child, 'exit');
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  let said = '';
  for await (const chunk of child.stdout) {
    said += chunk;
    if (said.includes('Convoledger is ready')) break;
  }
  child.kill('SIGTERM');
  await exited;
  const lines = log.trim().split('\n');
  return { said, lines: lines.map((line) => JSON.parse(line)) };
}

describe('the version of the time zone rules', () => {
  it('is told where readiness is asked for, and as a metric', async () => {
    const app = await startTestApp();
    expect((await app.get('/health/ready')).body).toMatchObject({
      status: 'ok',
      tzdata: process.versions.tz,
    });
    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    expect(metrics).toContain(`\nconvoledger_tzdata_info{version="${process.versions.tz}"} 1\n`);
    await app.close();
  });

  it('is in the first line of the log, and told once more where they are old', async () => {
    const { url, drop } = await cloneDatabase();
    const now = await startUntilReady(url);
    expect(now.lines[0]).toMatchObject({ msg: 'starting', tzdata: process.versions.tz });
    const old = await startUntilReady(url, '2019a');
    expect(old.lines[0]).toMatchObject({ msg: 'starting', tzdata: '2019a' });
    const sentence = /The time zone rules of this Node\.js \(tzdata 2019a\) are older than 18 months/;
    expect(old.said).toMatch(sentence);
    expect(old.lines[1]).toMatchObject({ level: 40, msg: expect.stringMatching(sentence) });
    await drop();
  }, 60_000);
});
