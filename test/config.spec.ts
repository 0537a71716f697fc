import { BadEnvironment, readConfig } from '../src/config.js';

const sentencesOf = (env: NodeJS.ProcessEnv): string[] => {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof BadEnvironment) return error.sentences;
  }
  return [];
};

describe('the environment', () => {
  it('may be empty', () => {
    expect(readConfig({})).toEqual({
      databaseUrl: null,
      dataDir: './data',
      host: '127.0.0.1',
      port: 3000,
      corsOrigins: [],
      ingestToken: null,
      adminToken: null,
      bodyLimit: 4_194_304,
      reportTz: 'UTC',
      retainContentDays: null,
      retainRawDays: null,
      trustProxy: false,
      logLevel: 'info',
    });
  });

  it('counts an empty variable as unset', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: '', INGEST_TOKEN: '' })).toEqual(readConfig({}));
  });

  it.each([
    ['PORT', '70000'],
    ['PORT', '3000x'],
    ['PORT', '-1'],
    ['HOST', 'two words'],
    ['DATABASE_URL', 'mysql://secret@host/db'],
    ['DATABASE_URL', 'postgresql://host-without-database'],
    ['BODY_LIMIT', '99999999999'],
    ['BODY_LIMIT', '1e6'],
    ['REPORT_TZ', 'Europe/Atlantis'],
    ['REPORT_TZ', '+02:00'],
    ['LOG_LEVEL', 'loud'],
    ['INGEST_TOKEN', 'with a space'],
    ['ADMIN_TOKEN', 'ünïcode'],
  ])('is refused with one sentence that names %s and not its value', (name, value) => {
    const sentences = sentencesOf({ [name]: value });
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toMatch(new RegExp(`^${name} must be .+\\.$`));
    expect(sentences[0]).not.toContain(value);
  });

  it('is refused with a sentence for each bad variable', () => {
    expect(sentencesOf({ PORT: 'x', LOG_LEVEL: 'x', REPORT_TZ: 'x' })).toHaveLength(3);
  });

  it('is refused where one token is to be two keys', () => {
    expect(sentencesOf({ INGEST_TOKEN: 'same', ADMIN_TOKEN: 'same' })).toHaveLength(1);
  });
});
