/** Tests run on real services, whose addresses come by environment: `npm test`, or `node scripts/services.mjs -- npx jest <files>`. */

/** Packages that are published as ES modules only: jest must translate them. */
const esModules = ['better-sse', 'openid-client', 'oauth4webapi', 'jose'];

/** @type {import('jest').Config} */
module.exports = {
  rootDir: __dirname,
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testEnvironment: '<rootDir>/test/support/environment.ts',
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  transform: {
    '^.+\\.[mc]?[jt]s$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' }, sourceMaps: 'inline' }],
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:${esModules.join('|')})/)`],
  maxWorkers: 2,
  workerIdleMemoryLimit: '1.2GB', // what each file leaves behind makes collecting garbage slow: nine times at four gigabytes
  testTimeout: 180_000, // for what hangs: a busy machine is slow, and no test says by its limit how fast something is,
};
