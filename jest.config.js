/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  // Most specs wait for processes and databases; by itself Jest leaves one core of two idle.
  maxWorkers: '100%',
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
