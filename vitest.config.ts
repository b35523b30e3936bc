import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // Vite would take the package's second copy, whose errors are not the `GraphQLError` of the libraries that Node loads
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  test: {
    environment: 'node',
    globalSetup: ['test/support/shared-stores.ts'],
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**'],
    // native modules and file locks: each test file gets a process of its own
    pool: 'forks',
    // the default leaves one core unused, which of two is half; most tests wait for a server or a disk anyway
    maxWorkers: availableParallelism(),
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // what holds in the end holds on a busy machine as well, only later
    expect: { poll: { timeout: 10_000 } },
  },
});
