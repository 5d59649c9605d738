import { DanelawError } from '../errors.ts'
import type { DeliverOptions } from '../smtp/delivery.ts'
import { TlsReportJournal } from '../smtp/tlsrpt/journal.ts'
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
 */
export function tlsReporting(directory: string | undefined, io: Io): Pick<DeliverOptions, 'onTlsSession'> {
  if (directory === undefined) return {}
  const onTrouble = ({ message }: DanelawError): void =>
    io.stderr.write(`danelaw: TLS sessions are not counted: ${printable(message)}\n`)
  try {
    return { onTlsSession: new TlsReportJournal(directory, { onTrouble, now: () => new Date(io.now() * 1000) }).record }
  } catch (error) {
    if (!(error instanceof DanelawError)) throw error
    onTrouble(error)
    return {}
  }
}
