import type { DanelawError } from '../errors.ts'
import { TlsReportJournal } from '../smtp/tlsrpt/journal.ts'
import type { TlsSession } from '../smtp/tls-session.ts'
import type { Io } from './io.ts'
import { optional, type OptionTable, readPath } from './option.ts'
import { printable } from './paint.ts'

/** What the commands that send mail have. */
export const TLS_REPORTING_OPTIONS = {
  tlsrpt: optional('DIR', readPath, 'count how TLS fared, for the reports that danelaw report sends (RFC 8460)'),
} as const satisfies OptionTable

/**
 * What `deliver` needs to count sessions in the directory of `--tlsrpt`; nothing where the option is not given. That
 * sessions cannot be counted is told, and mail goes out all the same.
 * @throws {DanelawError} `file` where the directory cannot be made
 */
export function tlsReporting(
  directory: string | undefined,
  io: Io,
): { readonly onTlsSession?: (session: TlsSession) => void } {
  if (directory === undefined) return {}
  const journal = new TlsReportJournal(directory, {
    onTrouble: ({ message }: DanelawError) =>
      io.stderr.write(`danelaw: TLS sessions are not counted: ${printable(message)}\n`),
    now: () => new Date(io.now() * 1000),
  })
  return { onTlsSession: journal.record }
}
