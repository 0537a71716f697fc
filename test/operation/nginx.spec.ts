import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMIN, INGEST, startTestApp, type TestApp } from '../harness.js';

const isInstalled = spawnSync('nginx', ['-v']).status === 0 && spawnSync('openssl', ['version']).status === 0;

const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });

/** The site of ops/nginx.conf as it is, in an nginx that has nothing else, on other ports. */
(isInstalled ? describe : describe.skip)('the site of nginx', () => {
  let app: TestApp;
  let folder: string;
  let nginx: ChildProcess;
  let tls: number;
  let plain: number;
  beforeAll(async () => {
    app = await startTestApp({ TRUST_PROXY: '127.0.0.1' });
    folder = mkdtempSync(join(tmpdir(), 'convoledger-nginx-'));
    [tls, plain] = await Promise.all([freePort(), freePort()]);
    const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const subject = ['-subj', '/CN=convoledger.example.com', '-days', '1'];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, ...subject],
      { stdio: 'ignore' },
    );
    const site = readFileSync('ops/nginx.conf', 'utf8')
      .replace(/listen \[::\].*\n/g, '')
      .replace('listen 80;', `listen 127.0.0.1:${plain};`)
      .replace('listen 443 ssl;', `listen 127.0.0.1:${tls} ssl;`)
      .replace('127.0.0.1:3001', new URL(app.url).host)
      // A process that is stopped.
      .replace('127.0.0.1:3002', '127.0.0.1:1')
      .replace(/ssl_certificate +\S+;/, `ssl_certificate ${certificate};`)
      .replace(/ssl_certificate_key +\S+;/, `ssl_certificate_key ${key};`)
      .replace('/var/log/nginx/', `${folder}/`);
    writeFileSync(join(folder, 'site.conf'), site);
    writeFileSync(
      join(folder, 'nginx.conf'),
      `pid ${folder}/pid; events {} http { access_log ${folder}/access.log; include ${folder}/site.conf; }`,
    );
    const args = ['-p', folder, '-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')];
    nginx = spawn('nginx', [...args, '-g', 'daemon off;'], { stdio: 'inherit' });
    while ((await ask('/health/live').catch(() => null)) === null) await sleep(50);
  }, 60_000);
  afterAll(async () => {
    nginx.kill('SIGTERM');
    await app.close();
    rmSync(folder, { recursive: true });
  });

  const ask = (path: string, headers: Record<string, string> = {}, body?: string) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const options = { port: tls, path, headers, method: body === undefined ? 'GET' : 'POST' };
      const asked = request({ host: '127.0.0.1', rejectUnauthorized: false, ...options }, (answer) => {
        let text = '';
        answer.on('data', (chunk) => {
          text += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode!, text }));
      });
      asked.on('error', reject).end(body);
    });
  const body = JSON.stringify({ conversation_id: 'c', message_id: 'm', create_time: 1_758_900_000 });

  it('hands deliveries and questions on, past a process that is stopped', async () => {
    for (let n = 0; n < 4; n++) {
      expect((await ask('/webhook', { authorization: `Bearer ${INGEST}` }, body)).text).toBe(
        '{"code":200,"msg":"success"}',
      );
    }
    expect((await ask('/v1/messages/m', { authorization: `Bearer ${ADMIN}` })).status).toBe(200);
  });

  it('lets Convoledger refuse what is too large or too long, and nobody see the metrics', async () => {
    const large = await ask('/webhook', { authorization: `Bearer ${INGEST}` }, 'x'.repeat(5_000_000));
    expect([large.status, JSON.parse(large.text).code]).toEqual([413, 413]);
    const long = await ask(`/v1/messages?q=${'x'.repeat(15_000)}`, { authorization: `Bearer ${ADMIN}` });
    expect([long.status, JSON.parse(long.text).status]).toEqual([414, 414]);
    expect((await ask('/metrics', { authorization: `Bearer ${ADMIN}` })).status).toBe(404);
  });

  it('sends browsers to TLS, but no delivery', async () => {
    const get = await fetch(`http://127.0.0.1:${plain}/`, { redirect: 'manual' });
    expect([get.status, get.headers.get('location')]).toEqual([301, 'https://127.0.0.1/']);
    const post = await fetch(`http://127.0.0.1:${plain}/webhook`, { method: 'POST', body });
    expect(post.status).toBe(403);
  });

  it('tells Convoledger where a caller is, and writes a token in a path to no log', async () => {
    expect((await ask(`/webhook/${INGEST}`, {}, body)).status).toBe(200);
    expect((await ask('/webhook/some-wrong-token', {}, body)).status).toBe(401);
    expect(app.logged()).toContain('"address":"127.0.0.1"');
    const logs = readdirSync(folder).filter((name) => name.endsWith('.log'));
    expect(logs).toContain('access.log');
    for (const name of logs) expect(readFileSync(join(folder, name), 'utf8')).not.toMatch(/token/);
  });
});
