/**
 * Failures have three channels, and this file holds the third:
 *
 * 1. what the network says is a value (`bogus`, a refused host, a reply code);
 * 2. what the caller did wrong is a `TypeError` or `RangeError` that names the argument;
 * 3. what broke, or an input that cannot be read, is a `DanelawError` with a code of the closed set below.
 *
 * This file imports nothing.
 */

/** The closed set of codes a `DanelawError` can carry. */
export type ErrorCode =
  /** The command line is wrong: unknown option, missing argument. */
  | 'usage'
  /** A domain name is not one (RFC 1035 section 2.3.4, 3.1, 5.1). */
  | 'bad-name'
  /** An RR type, class or other mnemonic is unknown. */
  | 'bad-type'
  /** A time is not RFC 3339, `YYYYMMDDHHmmSS` or Unix seconds. */
  | 'bad-time'
  /** An address, a port or an upstream specification cannot be read. */
  | 'bad-address'
  /** A mail address is malformed or holds octets that must not reach a command line of SMTP. */
  | 'bad-mailbox'
  /** A message to be sent is malformed (bare CR or LF, NUL, no header). */
  | 'bad-message'
  /** Octets of a DNS message, record or chain do not follow the wire format. */
  | 'bad-wire'
  /** A master file or a single record in presentation form is malformed. */
  | 'bad-record'
  /** A trust-anchor file is malformed or holds no anchor. */
  | 'bad-anchor'
  /** A fixture or recording is malformed. */
  | 'bad-fixture'
  /** A TLSA record in presentation form is malformed. */
  | 'bad-tlsa'
  /** A certificate, PEM file or DER structure is malformed. */
  | 'bad-certificate'
  /** A TLS server is not authenticated, where a caller takes nothing but errors. */
  | 'not-authenticated'
  /** A configuration file is malformed. */
  | 'bad-config'
  /** A file cannot be read or written: missing, a directory, no permission. */
  | 'file'
  /** A message in the queue, or what is kept of it, is damaged. */
  | 'bad-entry'
  /** There is no such message in the queue. */
  | 'no-entry'
  /** Another process has it: a message that is being delivered, a queue that is being run. */
  | 'in-use'
  /** No upstream is configured or could be found. */
  | 'no-upstream'
  /** The operation was cancelled by its caller. */
  | 'aborted'
  /** A defect of this program. */
  | 'internal'

/** Where in an input a problem was found. Every field is optional; what is known is given. */
export interface Place {
  /** File name, as the user gave it. */
  readonly file?: string
  /** Line, counted from 1. */
  readonly line?: number
  /** Column in characters, counted from 1. */
  readonly column?: number
  /** Octet offset, counted from 0, in binary input. */
  readonly offset?: number
  /** The offending token as it stands in the input. */
  readonly token?: string
  /** The command-line option or the argument's name. */
  readonly option?: string
}

/** A failure with a code, a message for a person, the place in the input, and a hint where there is one. */
export class DanelawError extends Error {
  override readonly name = 'DanelawError'
  readonly code: ErrorCode
  readonly place: Place
  /** One sentence on what to do, without a final dot; undefined where nothing useful can be said. */
  readonly hint: string | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly place?: Place; readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(placed(message, options.place), options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.place = options.place ?? {}
    this.hint = options.hint
  }
}

/** Puts `file:line:column:` or `option:` in front, the way compilers do, so that editors can jump there. */
function placed(message: string, place: Place | undefined): string {
  if (place === undefined) return message
  let where = place.option ?? ''
  if (place.file !== undefined) {
    where = place.file
    if (place.line !== undefined) where += `:${place.line}`
    if (place.line !== undefined && place.column !== undefined) where += `:${place.column}`
    if (place.offset !== undefined) where += ` at octet ${place.offset}`
  } else if (place.line !== undefined) {
    where = `line ${place.line}`
  } else if (place.offset !== undefined) {
    where = `octet ${place.offset}`
  }
  const text = where === '' ? message : `${where}: ${message}`
  return place.token === undefined || text.includes(place.token) ? text : `${text}, at '${place.token}'`
}
