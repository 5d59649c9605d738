import { DanelawError } from '../../errors.ts'
import { TLSRPT_LIMITS } from '../../limits.ts'
import { parseMailbox } from '../address.ts'

/** A place that a domain wants reports sent to. */
export type ReportAddress =
  | { readonly kind: 'mailto'; readonly uri: string; readonly mailbox: string }
  | { readonly kind: 'https'; readonly uri: string; readonly url: URL }

/** What the TXT records at `_smtp._tls.` say (RFC 8460 section 3). */
export type ReportingPolicy =
  | {
      readonly kind: 'wanted'
      /** May be empty, where none can be used. */
      readonly addresses: readonly ReportAddress[]
      /** Those that nothing is sent to, and why, in a sentence without a final dot. */
      readonly refused: readonly { readonly uri: string; readonly why: string }[]
    }
  /** The domain asks for no reports, or not so that it can be understood. */
  | { readonly kind: 'none'; readonly why: string }

/**
 * Reads the TXT records of one name, each with its strings put together. Any other number of records of version 1 than
 * one counts as none (RFC 8460 section 3).
 */
export function readReportingPolicy(records: readonly string[]): ReportingPolicy {
  const ours = records.filter((text) => VERSION.test(text))
  if (ours.length === 0) return none('there is no record that starts with v=TLSRPTv1')
  if (ours.length > 1) return none(`there are ${ours.length} records, where there may be one`)
  const text = ours[0]!
  if (text.length > TLSRPT_LIMITS.recordCharacters.value) return none(`the record has ${text.length} characters`)
  const fields = text.replace(VERSION, '').split(FIELD_DELIMITER)
  // A delimiter may stand behind the last field.
  if (fields.at(-1) === '') fields.pop()
  const broken = fields.find((field) => !EXTENSION.test(field) && !field.startsWith(RUA))
  if (broken !== undefined) return none(`'${broken.slice(0, 80)}' is no field`)
  const given = fields.filter((field) => field.startsWith(RUA))
  if (given.length !== 1) return none(given.length === 0 ? 'the record has no rua' : 'the record has more than one rua')
  return readUris(given[0]!.slice(RUA.length).split(/[ \t]*,[ \t]*/))
}

function readUris(uris: readonly string[]): ReportingPolicy {
  const addresses: ReportAddress[] = []
  const refused: { uri: string; why: string }[] = []
  for (const [index, uri] of uris.entries()) {
    const most = TLSRPT_LIMITS.addresses.value
    const read = index < most ? readUri(uri) : `only the first ${most} addresses are looked at`
    if (typeof read === 'string') refused.push({ uri: uri.slice(0, 300), why: read })
    else if (!addresses.some((address) => address.uri === uri)) addresses.push(read)
  }
  return { kind: 'wanted', addresses, refused: refused.slice(0, TLSRPT_LIMITS.addresses.value) }
}

/** The address, or why it is none. */
function readUri(uri: string): ReportAddress | string {
  // Commas and semicolons cannot come here; what else is no character of a URI has to be encoded (RFC 3986 section 2).
  if (!URI.test(uri)) return 'it is no URI'
  const scheme = uri.slice(0, uri.indexOf(':')).toLowerCase()
  if (scheme === 'mailto') return readMailto(uri)
  if (scheme === 'https') return readHttps(uri)
  return 'only mailto: and https: are for reports'
}

/** RFC 6068: what the URI would put into the header is left out, and one address is taken. */
function readMailto(uri: string): ReportAddress | string {
  try {
    const mailbox = decodeURIComponent(uri.slice('mailto:'.length).split('?', 1)[0]!)
    // A domain could have this machine knock at any address in its own network.
    if (parseMailbox(mailbox).domain.kind !== 'domain') return 'an address in place of a domain'
    return { kind: 'mailto', uri, mailbox }
  } catch (error) {
    return error instanceof DanelawError ? error.message : 'it is no URI'
  }
}

function readHttps(uri: string): ReportAddress | string {
  if (!URL.canParse(uri)) return 'it is no URI'
  const url = new URL(uri)
  if (url.username !== '' || url.password !== '') return 'a URI with a user name'
  // Certificates are for names, and an address says nothing about whose it is.
  if (/^[0-9.]+$|^\[/.test(url.hostname)) return 'an address in place of a name'
  url.hash = ''
  return { kind: 'https', uri, url }
}

function none(why: string): ReportingPolicy {
  return { kind: 'none', why }
}

/** RFC 8460 section 3: case matters. */
const VERSION = /^v=TLSRPTv1[ \t]*;[ \t]*/
const FIELD_DELIMITER = /[ \t]*;[ \t]*/
const RUA = 'rua='
const EXTENSION = /^(?!rua=)[A-Za-z0-9][A-Za-z0-9_.-]{0,31}=[!-:<>-~]+$/
/** A scheme, and characters of RFC 3986 but for the exclamation mark, which has to be encoded. */
const URI = /^[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9\-._~:/?#[\]@$&'()*+=]|%[0-9A-Fa-f]{2})+$/
