import { defineConfig } from 'vitest/config'

/** Each kind of run leaves its numbers behind, for scripts/count-tests.mjs. */
const results = `.test-results/${(process.env['npm_lifecycle_event'] ?? 'vitest').replace(/\W/g, '-')}.json`

/** Tests that put something else in the place of a module, which others must not see. */
const MOCKING = ['test/cli/no-upstream.test.ts', 'test/dnssec/crypto/platform-failure.test.ts']

export default defineConfig({
  test: {
    // Both processors of a small machine: otherwise one is kept for the runner, which has little to do.
    maxWorkers: '100%',
    reporters: ['default', ['json', { outputFile: results }]],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/interop/**', 'test/recorded/**', ...MOCKING],
          testTimeout: 60_000,
          // Loading the sources anew for each file takes as long as the tests do.
          isolate: false,
        },
      },
      // Its first test loads most of the sources.
      { test: { name: 'unit-mocked', include: MOCKING, testTimeout: 60_000 } },
      {
        test: {
          name: 'interop',
          include: ['test/interop/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
      { test: { name: 'recorded', include: ['test/recorded/**/*.test.ts'], testTimeout: 60_000 } },
    ],
  },
})
