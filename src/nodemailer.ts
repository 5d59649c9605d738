/**
 * Delivery for nodemailer (version 6 and later): each recipient's domain gets the mail from here, over TLS as its
 * policy wants it, or not at all.
 *
 * ```ts
 * const transport = nodemailer.createTransport(daneTransport({ upstreams: ['192.0.2.1'] }))
 * const { accepted, rejected, outcomes } = await transport.sendMail({ from, to, subject, text })
 * ```
 *
 * Mail that cannot be delivered now is not kept: `pending` says for whom to try again.
 */
import { DaneTransport, type DaneTransportOptions } from './smtp/nodemailer/transport.ts'

export type { ComposedMail, DsnOptions } from './smtp/nodemailer/mail.ts'
export type { SentInfo } from './smtp/nodemailer/result.ts'
export type { TransportError, TransportErrorCode } from './smtp/nodemailer/transport-error.ts'
export type { DaneTransport, DaneTransportOptions }

/**
 * Makes a transport for nodemailer's `createTransport`. It delivers to the hosts of every recipient's domain, as
 * `deliver` does; a mail is sent where one recipient got it, as with nodemailer's own transports, and `rejected`,
 * `rejectedErrors` and `outcomes` tell of the others.
 *
 * @throws {TypeError | RangeError} that names the option which is not what it should be
 * @throws {DanelawError} `no-upstream` where a resolver has to be made and nobody can be asked
 */
export function daneTransport(options: DaneTransportOptions = {}): DaneTransport {
  return new DaneTransport(options)
}
