import { defineConfig } from 'vitest/config';

/** Tests in a real Chromium, which must be installed: Debian's package `chromium`, or CHROMIUM_PATH. */
export default defineConfig({
  // Vite would load the ESM build of graphql next to the CommonJS one that Node gives the packages: two realms, no `instanceof`.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/browser/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // the default of a second is less than an upload takes where other programs work
    expect: { poll: { timeout: 10_000 } },
  },
});
