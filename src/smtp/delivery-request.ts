/** What a sender asks to be told about his mail (RFC 3461), checked and in the form of SMTP's parameters. */
export interface EnvelopeDsn {
  /** How much of the message a report brings back: all of it or the header (RFC 3461 section 4.3). */
  readonly ret?: 'FULL' | 'HDRS' | undefined
  /** What the report calls the mail: printable US-ASCII, at most 100 characters in xtext (section 4.4). */
  readonly envid?: string | undefined
}

export interface RecipientDsn {
  /** When to report: never, or on some of these (section 4.1). */
  readonly notify?: 'NEVER' | readonly ('SUCCESS' | 'FAILURE' | 'DELAY')[] | undefined
  /** To whom the mail was addressed at first (section 4.2); of type `rfc822` or `utf-8` (RFC 6533) or another. */
  readonly originalRecipient?: { readonly type: string; readonly address: string } | undefined
}

/** RET and ENVID with a space before each. @throws {TypeError | RangeError} that names the field. */
export function mailParameters(dsn: EnvelopeDsn | undefined): string {
  let parameters = ''
  if (dsn?.ret !== undefined) {
    if (dsn.ret !== 'FULL' && dsn.ret !== 'HDRS') throw new TypeError(`dsn.ret: ${String(dsn.ret)} is not FULL or HDRS`)
    parameters += ` RET=${dsn.ret}`
  }
  if (dsn?.envid !== undefined) {
    if (!PRINTABLE.test(dsn.envid)) throw new TypeError('dsn.envid: not printable US-ASCII')
    parameters += ` ENVID=${short('dsn.envid', xtext(dsn.envid), 100)}`
  }
  return parameters
}

/** NOTIFY and ORCPT with a space before each. @throws {TypeError | RangeError} that names the field. */
export function recipientParameters(dsn: RecipientDsn | undefined): string {
  let parameters = ''
  if (dsn?.notify !== undefined) parameters += ` NOTIFY=${notifyText(dsn.notify)}`
  if (dsn?.originalRecipient !== undefined) {
    const { type, address } = dsn.originalRecipient
    if (!ATOM.test(type)) throw new TypeError('dsn.originalRecipient.type: not an atom')
    const utf8 = type.toLowerCase() === 'utf-8'
    if (utf8 ? !/^[^\p{Cc}\p{Cs}]+$/u.test(address) : !PRINTABLE.test(address)) {
      throw new TypeError('dsn.originalRecipient.address: empty, or holds characters the type does not have')
    }
    const text = `${type};${utf8 ? utf8Xtext(address) : xtext(address)}`
    parameters += ` ORCPT=${short('dsn.originalRecipient', text, 500)}`
  }
  return parameters
}

function notifyText(notify: NonNullable<RecipientDsn['notify']>): string {
  if (notify === 'NEVER') return notify
  const known = [...new Set(notify)].filter((event) => EVENTS.includes(event))
  if (known.length === 0 || known.length !== notify.length) {
    throw new TypeError('dsn.notify: neither NEVER nor a list of SUCCESS, FAILURE, DELAY')
  }
  return known.join(',')
}

/** RFC 3461 section 4: all but `+` and `=` of printable US-ASCII without the space stand for themselves. */
function xtext(text: string): string {
  return text.replace(/[^!-*,-<>-~]/g, (character) => {
    return `+${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  })
}

/** utf-8-addr-xtext of RFC 6533 section 3, which goes to servers without SMTPUTF8 too. */
function utf8Xtext(text: string): string {
  return text.replace(/[^!-*,-<>-[\]-~]/gu, (character) => {
    return `\\x{${character.codePointAt(0)!.toString(16).toUpperCase().padStart(2, '0')}}`
  })
}

function short(field: string, text: string, most: number): string {
  if (text.length > most) throw new RangeError(`${field}: ${text.length} characters, where ${most} are the most`)
  return text
}

const EVENTS: readonly string[] = ['SUCCESS', 'FAILURE', 'DELAY']
const PRINTABLE = /^[\x20-\x7e]+$/
const ATOM = /^[A-Za-z0-9-]{1,64}$/
