import type { Timeouts } from '../../src/smtp/connection-types.ts'

/** Long enough for a busy machine. */
export const TIMEOUTS: Timeouts = {
  connectTimeout: 5000,
  greetingTimeout: 5000,
  commandTimeout: 5000,
  dataInitTimeout: 5000,
  dataBlockTimeout: 5000,
  dataFinalTimeout: 5000,
  handshakeTimeout: 5000,
  quitTimeout: 5000,
}
