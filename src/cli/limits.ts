import type { Limit } from '../limits.ts'

/** Limits of the command line. Times are milliseconds. */
export const CLI_LIMITS = {
  messageOctets: {
    value: 268_435_456,
    min: 1024,
    max: 1_073_741_824,
    source: 'held in memory; hosts take 10 to 150 MB',
  },
  checkConnectTimeout: { value: 10_000, min: 100, max: 300_000, source: 'a person waits; a delivery waits 30 s' },
  checkReplyTimeout: { value: 60_000, min: 100, max: 600_000, source: 'greetings held back on purpose take some 30 s' },
} as const satisfies Record<string, Limit>
