import { DanelawError } from '../errors.ts'
import { toAsciiDomain } from '../smtp/idn.ts'
import { RRType, rrTypeFromName } from '../wire/codes/rrtype.ts'
import { Name } from '../wire/name.ts'
import { suggest } from './suggest.ts'

/** A domain name of the command line, in A-labels or U-labels. @throws {DanelawError} `bad-name`. */
export function readName(text: string): Name {
  if (!/\P{ASCII}/u.test(text)) return Name.parse(text)
  // Labels of services, as in `_25._tcp.mx`, stand in front of names of hosts alone, and no rules for those allow them.
  const [services] = /^(?:_[A-Za-z0-9-]+\.)*/.exec(text)!
  const host = text.slice(services.length)
  return Name.parse(services + toAsciiDomain(host.endsWith('.') ? host.slice(0, -1) : host))
}

/** An RR type of the command line. @throws {DanelawError} `bad-type`, with what may have been meant. */
export function readType(text: string): number {
  const type = rrTypeFromName(text)
  if (type !== undefined) return type
  throw new DanelawError('bad-type', `'${text}' is not an RR type`, { hint: typeHint(text) })
}

function typeHint(text: string): string {
  if (text.includes('.')) return 'one name is asked at a time, and the type comes last: danelaw query example.com MX'
  const near = suggest(
    text,
    Object.keys(RRType).map((name) => name.toLowerCase()),
  )
  return near === undefined ? 'write a mnemonic like MX, or TYPE65534' : `did you mean ${near.toUpperCase()}?`
}
