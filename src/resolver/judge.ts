import { edeName } from '../wire/codes/ede.ts'
import { Rcode, rcodeName } from '../wire/codes/rcode.ts'
import { RRType } from '../wire/codes/rrtype.ts'
import { extendedErrors } from '../wire/edns.ts'
import type { Message } from '../wire/message.ts'

/** Whether a message can be given to the validator. */
export type Judged =
  | { readonly kind: 'message'; readonly message: Message }
  /** It answered that it has no answer. */
  | { readonly kind: 'rcode'; readonly rcode: number; readonly detail: string }
  /** What it sent has lost its DNSSEC records on the way (RFC 8027 section 3). */
  | { readonly kind: 'stripped'; readonly detail: string }

/** `keys`: whether it answers the question for the keys of a trust anchor, which are always signed. */
export function judge(message: Message, keys: boolean): Judged {
  const { rcode } = message
  if (message.edns === undefined && NO_EDNS.has(rcode)) {
    // RFC 6891 section 7: so answers who does not know it, and nobody in between has put it back.
    const detail = `answered ${rcodeName(rcode)} without EDNS: DNSSEC records do not pass this path`
    return { kind: 'stripped', detail }
  }
  if (!USABLE.has(rcode)) {
    return { kind: 'rcode', rcode, detail: `answered ${rcodeName(rcode)}${explanation(message)}` }
  }
  // Whoever understands DO copies it into the response (RFC 3225 section 3).
  if (message.edns?.dnssecOk !== true) {
    return { kind: 'stripped', detail: 'does not return the DO bit: DNSSEC records do not pass this path' }
  }
  if (keys && !hasSignature(message, RRType.DNSKEY)) {
    const zone = message.questions[0]?.name.isRoot === false ? `${message.questions[0].name}'s keys` : "the root's keys"
    return { kind: 'stripped', detail: `sent ${zone} without a signature: DNSSEC records do not pass this path` }
  }
  return { kind: 'message', message }
}

/** Whether any signature came along, which shows that they pass. */
export function signed({ answer, authority }: Message): boolean {
  return answer.some(({ type }) => type === RRType.RRSIG) || authority.some(({ type }) => type === RRType.RRSIG)
}

function hasSignature(message: Message, type: number): boolean {
  // Type Covered is the first field of the RDATA (RFC 4034 section 3.1).
  return message.answer.some(
    ({ type: own, rdata }) => own === RRType.RRSIG && rdata.length > 2 && ((rdata[0]! << 8) | rdata[1]!) === type,
  )
}

/** The Extended DNS Errors upstream gave: where it validates, they name the fault. */
function explanation(message: Message): string {
  const errors = extendedErrors(message.edns).slice(0, MAX_EXPLANATIONS)
  if (errors.length === 0) return ''
  const texts = errors.map(({ infoCode, extraText }) => {
    const name = edeName(infoCode)
    return extraText === '' ? name : `${name}: ${extraText.slice(0, MAX_EXPLANATION_LENGTH)}`
  })
  return ` (${texts.join('; ')})`
}

/** YXDOMAIN comes with the DNAME whose target is too long (RFC 6672 section 2.2): the validator's business. */
const USABLE: ReadonlySet<number> = new Set([Rcode.NOERROR, Rcode.NXDOMAIN, Rcode.YXDOMAIN])
const NO_EDNS: ReadonlySet<number> = new Set([Rcode.FORMERR, Rcode.NOTIMP])
const MAX_EXPLANATIONS = 3
const MAX_EXPLANATION_LENGTH = 120
