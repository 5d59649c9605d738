import { edeName } from '../wire/codes/ede.ts'
import { Rcode, rcodeName } from '../wire/codes/rcode.ts'
import { extendedErrors } from '../wire/edns.ts'
import type { Message } from '../wire/message.ts'
import type { Name } from '../wire/name.ts'
import { failure, placeText } from './failure.ts'
import type { ReasonCode } from './reason.ts'
import type { Failure } from './status.ts'
import type { UpstreamAnswer } from './walk.ts'

/** Why an answer cannot be worked with; undefined where it can, which says nothing of whether it is true. */
export function unusable(answer: UpstreamAnswer, name: Name, type: number): Failure | undefined {
  if (answer.kind === 'failure') {
    const code = answer.rcode === Rcode.REFUSED ? 'upstream-refused' : CODES[answer.cause]
    return failure(code, `no usable answer for ${placeText(name, type)}: ${answer.detail}`, name, type, ADVICE[code])
  }
  const { rcode } = answer.message
  if (rcode === Rcode.NOERROR || rcode === Rcode.NXDOMAIN || rcode === Rcode.YXDOMAIN) return undefined
  const code = rcode === Rcode.SERVFAIL ? 'upstream-failed' : 'upstream-refused'
  const text = `${answer.upstream} answered ${rcodeName(rcode)} for ${placeText(name, type)}${explanation(answer.message)}`
  return failure(code, text, name, type, ADVICE[code])
}

/** What the upstream itself says about it (RFC 8914): a hint for people, never a ground for a verdict. */
function explanation(message: Message): string {
  const errors = extendedErrors(message.edns).slice(0, 4)
  if (errors.length === 0) return ''
  const texts = errors.map(({ infoCode, extraText }) =>
    extraText === '' ? edeName(infoCode) : `${edeName(infoCode)}: ${extraText}`,
  )
  return ` (it says: ${texts.join('; ')})`
}

const CODES: Readonly<Record<Extract<UpstreamAnswer, { kind: 'failure' }>['cause'], ReasonCode>> = {
  timeout: 'upstream-timeout',
  network: 'upstream-failed',
  malformed: 'upstream-failed',
  stripped: 'dnssec-stripped',
  absent: 'not-in-fixture',
  aborted: 'aborted',
}

const ADVICE: Readonly<Partial<Record<ReasonCode, string>>> = {
  'upstream-timeout': 'try another upstream (@SERVER), or a longer --timeout',
  'upstream-failed': 'try another upstream (@SERVER); if all fail, the servers of the zone are at fault',
  'upstream-refused': 'use an upstream that resolves recursively for this host',
  'dnssec-stripped': 'this path removes DNSSEC: use an upstream that passes RRSIG, NSEC and DS records on (@SERVER)',
  'not-in-fixture': 'record this question too, or ask an upstream instead of the fixture',
}
