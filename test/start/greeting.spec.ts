import { execFileSync, spawnSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { greeting } from '../../src/greeting.js';

/** What a shell hands to `curl` when a line of the greeting is pasted. */
const pasted = (text: string, what: 'webhook' | 'usage?', env: NodeJS.ProcessEnv): string[] => {
  const line = text.split('\n').find((one) => one.startsWith('curl ') && one.includes(what));
  const script = `curl() { printf '%s\\0' "$@"; }; ${line}`;
  return execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8', env }).split('\0');
};

describe('the first start', () => {
  const keys = (tokens: object) => ({ isFirstStart: true, tokens, unusable: [], short: [] });

  it('prints the tokens that it made, in commands that work as pasted', () => {
    const text = greeting(
      '0.0.0.0',
      3000,
      keys({ INGEST_TOKEN: 'made-ingest', ADMIN_TOKEN: 'made-admin' }),
      'code',
    );
    expect(text).toContain('Keep these tokens. They are shown this once:');
    expect(pasted(text, 'webhook', {})).toContain('Authorization: Bearer made-ingest');
    expect(pasted(text, 'usage?', {})).toContain('Authorization: Bearer made-admin');
    expect(text).toContain('http://127.0.0.1:3000/#signin=code\n');
  });

  it('prints no token that was given: the shell takes it from its variable', () => {
    const env = { INGEST_TOKEN: `given'"$x`, ADMIN_TOKEN: 'given-admin' };
    const half = greeting('127.0.0.1', 3000, keys({ ADMIN_TOKEN: 'made-admin' }));
    expect(half).toContain('Keep this token. It is shown this once:');
    expect(pasted(half, 'webhook', env)).toContain(`Authorization: Bearer given'"$x`);
    expect(pasted(half, 'usage?', env)).toContain('Authorization: Bearer made-admin');
    const none = greeting('127.0.0.1', 3000, keys({}));
    expect(none).not.toContain('Keep');
    expect(pasted(none, 'usage?', env)).toContain('Authorization: Bearer given-admin');
  });

  it('says at any later start where it is, and no more', () => {
    expect(greeting('::1', 3000, { isFirstStart: false, tokens: {}, unusable: [], short: [] })).toBe(
      'Convoledger is ready: http://[::1]:3000\n',
    );
  });
});

const hasTerminals = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;

describe('log lines', () => {
  const program = `import('./dist/logging.js').then(({ createLogger }) => createLogger('info').info({ route: '/webhook/:token' }, 'answered'))`;
  const env = { PATH: process.env.PATH };

  it('are JSON where standard error is no terminal', () => {
    const { stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8', env });
    expect(JSON.parse(stderr)).toMatchObject({ level: 30, msg: 'answered', route: '/webhook/:token' });
  });

  (hasTerminals ? it : it.skip)('are for people where it is one, without colours with NO_COLOR', () => {
    const command = `'${process.execPath}' -e "${program}"`;
    const onTerminal = (more: NodeJS.ProcessEnv) =>
      spawnSync('script', ['-qefc', command, '/dev/null'], { encoding: 'utf8', env: { ...env, ...more } })
        .stdout;
    const plain = /^\[\d\d:\d\d:\d\d\] INFO: answered \{"route":"\/webhook\/:token"\}\r?\n$/;
    expect(onTerminal({ NO_COLOR: '1' })).toMatch(plain);
    const coloured = onTerminal({});
    expect(coloured).toContain('\u001b[');
    expect(stripVTControlCharacters(coloured)).toMatch(plain);
  });
});
