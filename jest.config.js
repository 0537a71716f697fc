/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  // Most specs wait for processes and databases; by itself Jest leaves one core of two idle. Above
  // 100 % it takes the number for that of the workers.
  maxWorkers: '100%',
  // What a test file has loaded is never freed: without a limit a worker has 2.8 GB after 50 files, and is half as fast.
  workerIdleMemoryLimit: '800MB',
  // Milliseconds. Most tests take far less; a busy machine must not fail one that starts an application.
  testTimeout: 30_000,
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/(?!.*dist/).*)\\.js$': '$1' },
  globalSetup: '<rootDir>/test/global-setup.js',
  globalTeardown: '<rootDir>/test/global-teardown.js',
  transform: { '^.+\\.ts$': '@swc/jest' },
};
