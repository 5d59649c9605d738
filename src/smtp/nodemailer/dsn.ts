import type { RecipientDsn } from '../delivery-request.ts'
import type { OutgoingMessage } from '../delivery.ts'
import type { DsnOptions } from './mail.ts'
import { type TransportError, transportError } from './transport-error.ts'

/**
 * What a mail asks of delivery reports (RFC 3461), from nodemailer's words for it; like there, `notify` and `recipient`
 * are for all recipients alike.
 * @throws {TransportError} `EENVELOPE`
 */
export function readDsn(given: DsnOptions | undefined, to: readonly string[]): Pick<OutgoingMessage, 'dsn'> {
  if (given === undefined || given === null) return {}
  const ret = readReturn(given.ret ?? given.return)
  const envid = given.envid ?? given.id
  const notify = readNotify(given.notify)
  const original = readOriginal(given.orcpt ?? given.recipient)
  const recipient: RecipientDsn = {
    ...(notify !== undefined && { notify }),
    ...(original !== undefined && { originalRecipient: original }),
  }
  return {
    dsn: {
      ...(ret !== undefined && { ret }),
      ...(isGiven(envid) && { envid: String(envid) }),
      recipients: new Map(to.map((address) => [address, recipient])),
    },
  }
}

function readReturn(given: string | undefined): 'FULL' | 'HDRS' | undefined {
  if (!isGiven(given)) return undefined
  const found = RETURNS.get(String(given).toUpperCase())
  if (found === undefined) throw invalid('ret', given)
  return found
}

function readNotify(given: DsnOptions['notify']): RecipientDsn['notify'] {
  if (!isGiven(given)) return undefined
  const list = (typeof given === 'string' ? given.split(',') : [...given]).map((event) => event.trim().toUpperCase())
  if (list.length === 1 && list[0] === 'NEVER') return 'NEVER'
  if (!list.every((event) => event === 'SUCCESS' || event === 'FAILURE' || event === 'DELAY'))
    throw invalid('notify', given)
  return [...new Set(list)]
}

/** `rfc822;a@example.com`, or the address alone. */
function readOriginal(given: string | undefined): RecipientDsn['originalRecipient'] {
  if (!isGiven(given)) return undefined
  const at = given.indexOf(';')
  return at < 0 ? { type: 'rfc822', address: given } : { type: given.slice(0, at), address: given.slice(at + 1) }
}

/** Like nodemailer: what is empty is not there. */
function isGiven<T>(value: T | undefined | null): value is T {
  return value !== undefined && value !== null && value !== ''
}

function invalid(field: string, value: unknown): TransportError {
  return transportError('EENVELOPE', `Invalid DSN ${field}: ${JSON.stringify(value)}`, { command: 'API' })
}

const RETURNS: ReadonlyMap<string, 'FULL' | 'HDRS'> = new Map([
  ['FULL', 'FULL'],
  ['BODY', 'FULL'],
  ['HDRS', 'HDRS'],
  ['HEADERS', 'HDRS'],
])
