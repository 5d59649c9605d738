import { isIPv4, isIPv6 } from 'node:net'
import { DanelawError } from '../errors.ts'
import { Name } from '../wire/name.ts'
import { toAsciiDomain } from './idn.ts'

/** What stands behind the `@` of a mail address. */
export type MailDomain =
  | { readonly kind: 'domain'; readonly name: Name }
  /** `address` without brackets and without the `IPv6:` tag (RFC 5321 section 4.1.3). */
  | { readonly kind: 'literal'; readonly address: string }

/** A mail address, fit to be put between the brackets of MAIL FROM and RCPT TO as it stands. */
export interface Mailbox {
  /** As given: the quotes of a quoted string belong to it, and its case matters (RFC 5321 section 2.4). */
  readonly local: string
  readonly domain: MailDomain
  /** The whole address as it stands in commands: as given, but for an internationalised domain, which is A-labels. */
  readonly text: string
  /** The whole address as given. */
  readonly given: string
  /** Whether it goes only to servers that announce SMTPUTF8 (RFC 6531 section 3.2). */
  readonly needsUtf8: boolean
}

/**
 * Reads a mailbox: dot-string or quoted string, `@`, domain or address literal (RFC 5321 section 4.1.2).
 * A domain in U-labels becomes one in A-labels (RFC 6531 section 3.3, UTS #46).
 * Comments, routes, display names and brackets are refused, and so is every octet that could end a command line or
 * the brackets around the address, be it quoted or not.
 * @throws {DanelawError} `bad-mailbox` that names the address.
 */
export function parseMailbox(text: string): Mailbox {
  const bad = (why: string): DanelawError =>
    new DanelawError('bad-mailbox', `'${printable(text)}' is not a mail address: ${why}`)

  if (text === '') throw bad('it is empty')
  const forbidden = FORBIDDEN.exec(text)
  if (forbidden !== null) throw bad(`it holds ${described(forbidden[0])}`)

  const local = text.startsWith('"') ? QUOTED_STRING.exec(text)?.[0] : DOT_STRING.exec(text)?.[0]
  if (local === undefined) {
    throw bad(text.startsWith('"') ? 'the quoted string does not end' : localFault(text))
  }
  if (text[local.length] !== '@') {
    throw bad(text.includes('@') ? localFault(text.slice(local.length), local) : "it has no '@' and domain")
  }
  if (octets(local) > MAX_LOCAL_OCTETS) throw bad(`its local part has more than ${MAX_LOCAL_OCTETS} octets`)

  // A-labels will do everywhere, so that the domain alone never needs SMTPUTF8 (RFC 6531 section 3.2).
  const domainText = asciiDomain(text.slice(local.length + 1), bad)
  const whole = `${local}@${domainText}`
  if (octets(domainText) > MAX_DOMAIN_OCTETS) throw bad(`its domain has more than ${MAX_DOMAIN_OCTETS} octets`)
  if (octets(whole) > MAX_MAILBOX_OCTETS) throw bad(`it has more than ${MAX_MAILBOX_OCTETS} octets`)
  const domain = domainText.startsWith('[') ? literal(domainText, bad) : domainName(domainText, bad)
  return { local, domain, text: whole, given: text, needsUtf8: !ASCII.test(local) }
}

/**
 * Reads what MAIL FROM may hold: a mailbox, or the null reverse-path of a delivery report, `<>` (RFC 5321 section
 * 4.5.5), which is null here.
 * @throws {DanelawError} `bad-mailbox`.
 */
export function parseReversePath(text: string): Mailbox | null {
  return text === '<>' ? null : parseMailbox(text)
}

function literal(text: string, bad: (why: string) => DanelawError): MailDomain {
  const inside = /^\[([^[\]\\]*)\]$/.exec(text)?.[1]
  if (inside === undefined) throw bad("the address literal does not end in ']'")
  const tagged = /^IPv6:(.*)$/i.exec(inside)?.[1]
  // A zone index has no meaning for anybody else (RFC 4007 section 11.2), and no place in the grammar.
  if (tagged !== undefined && isIPv6(tagged) && !tagged.includes('%')) return { kind: 'literal', address: tagged }
  if (tagged === undefined && isIPv4(inside)) return { kind: 'literal', address: inside }
  throw bad('the address literal is neither [192.0.2.1] nor [IPv6:2001:db8::1]')
}

function asciiDomain(text: string, bad: (why: string) => DanelawError): string {
  if (ASCII.test(text) || text.startsWith('[')) return text
  try {
    return toAsciiDomain(text)
  } catch (error) {
    throw error instanceof DanelawError ? bad(error.message) : error
  }
}

function domainName(text: string, bad: (why: string) => DanelawError): MailDomain {
  if (text === '') throw bad('it has no domain')
  if (text.endsWith('.')) throw bad('its domain ends in a dot')
  for (const label of text.split('.')) {
    if (label === '') throw bad('its domain has an empty label')
    // RFC 5321 section 4.1.2: sub-domain. Stricter than the DNS, which knows no such rule.
    if (!SUB_DOMAIN.test(label)) throw bad(`'${printable(label)}' is not a label of a mail domain`)
  }
  try {
    return { kind: 'domain', name: Name.parse(text) }
  } catch (error) {
    throw error instanceof DanelawError ? bad(error.message) : error
  }
}

function localFault(text: string, before = ''): string {
  if (text.startsWith('@') && before === '') return 'it has no local part'
  if (text.startsWith('.') || before.endsWith('.')) return 'a dot at the edge of the local part, or two in a row'
  const character = String.fromCodePoint(text.codePointAt(0)!)
  return `${described(character)} must be quoted in a local part, or does not belong there`
}

function described(character: string): string {
  const code = character.codePointAt(0)!
  if (code > 0x20 && code < 0x7f) return `'${character}'`
  return NAMED.get(code) ?? `the character U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}

function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`).slice(0, 400)
}

function octets(text: string): number {
  return new TextEncoder().encode(text).length
}

/** RFC 5321 section 4.5.3.1.1. */
const MAX_LOCAL_OCTETS = 64
/** RFC 5321 section 4.5.3.1.2. */
const MAX_DOMAIN_OCTETS = 255
/** RFC 5321 section 4.5.3.1.3: a path has 256 with its brackets. */
const MAX_MAILBOX_OCTETS = 254

const ASCII = /^[\u0020-\u007e]*$/
/** Controls of US-ASCII and of Unicode, halves of characters, and the brackets that end a path. */
const FORBIDDEN = /[\p{Cc}\p{Cs}<>\u2028\u2029]/u
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu
const ATEXT = "[A-Za-z0-9!#$%&'*+\\-/=?^_`{|}~\\u0080-\\u{10ffff}]"
const DOT_STRING = new RegExp(`^${ATEXT}+(?:\\.${ATEXT}+)*`, 'u')
/** qtextSMTP and quoted-pairSMTP (RFC 5321 section 4.1.2), with UTF-8 (RFC 6531 section 3.3). */
const QUOTED_STRING = /^"(?:[\u0020-\u0021\u0023-\u005b\u005d-\u007e\u0080-\u{10ffff}]|\\[\u0020-\u007e])*"/u
const SUB_DOMAIN = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/
const NAMED = new Map([
  [0x00, 'NUL'],
  [0x09, 'a tab'],
  [0x0a, 'a line feed'],
  [0x0d, 'a carriage return'],
  [0x20, 'a space'],
])
