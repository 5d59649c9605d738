import { defineConfig } from 'vitest/config'

/** Each kind of run leaves its numbers behind, for scripts/count-tests.mjs. */
const results = `.test-results/${(process.env['npm_lifecycle_event'] ?? 'vitest').replace(/\W/g, '-')}.json`

export default defineConfig({
  test: {
    reporters: ['default', ['json', { outputFile: results }]],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/interop/**', 'test/recorded/**'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'interop',
          include: ['test/interop/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
      { test: { name: 'recorded', include: ['test/recorded/**/*.test.ts'] } },
    ],
  },
})
