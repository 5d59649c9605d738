import { domainToASCII } from 'node:url'
import { DanelawError } from '../errors.ts'
import { RRType, rrTypeFromName } from '../wire/codes/rrtype.ts'
import { Name } from '../wire/name.ts'
import { suggest } from './suggest.ts'

/** A domain name of the command line. @throws {DanelawError} `bad-name`, which gives the A-label form where it is wanted. */
export function readName(text: string): Name {
  if (/\P{ASCII}/u.test(text)) {
    const ascii = domainToASCII(text)
    throw new DanelawError('bad-name', `'${text}' is not a domain name: it has characters outside US-ASCII`, {
      hint: /^(?=.*xn--)[a-z0-9._-]+$/.test(ascii)
        ? `write it in A-labels: ${ascii}`
        : 'write an internationalised name in A-labels (xn--…)',
    })
  }
  return Name.parse(text)
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
