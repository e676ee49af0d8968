import { defineConfig } from 'vitest/config';

/** Unit tests that measure the memory of their process, or put another module in the place of one. */
const ALONE = ['test/unit/main/engine/dataset/deflate.test.ts', 'test/unit/main/engine/tls/keeper.test.ts'];

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // As long as a locator waits: a busy machine is no failure.
    expect: { poll: { timeout: 20_000 } },
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      // A process for each file would take four times as long as what the files do.
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], exclude: ALONE, isolate: false } },
      { extends: true, test: { name: 'alone', include: [...ALONE, 'test/!(unit)/**/*.test.ts'] } },
    ],
  },
});
