import { edeName } from '../wire/codes/ede.ts'
import { Rcode, rcodeName } from '../wire/codes/rcode.ts'
import { RRType } from '../wire/codes/rrtype.ts'
import { extendedErrors } from '../wire/edns.ts'
import type { Message } from '../wire/message.ts'
import type { Question } from '../wire/record.ts'
import { writeQuery } from './query-message.ts'
import { tcpTransport } from './transport/tcp.ts'
import type { Outcome, Transport } from './transport/transport.ts'
import { udpTransport } from './transport/udp.ts'
import type { UpstreamSpec } from './upstream-spec.ts'

/** What one upstream had to say to one question, asked once. */
export type Reply =
  | { readonly kind: 'message'; readonly message: Message }
  /** It answered that it has no answer. */
  | { readonly kind: 'rcode'; readonly rcode: number; readonly detail: string }
  /** What it sent has lost its DNSSEC records on the way (RFC 8027 section 3). */
  | { readonly kind: 'stripped'; readonly detail: string }
  | Exclude<Outcome, { kind: 'message' }>

/** How a question is put. */
export interface Manner {
  readonly tcp: boolean
  readonly checkingDisabled: boolean
  /** Milliseconds. */
  readonly timeout: number
}

/** Told of every message that answers a question, whatever it says. */
export type Received = (question: Question, upstream: string, octets: Uint8Array) => void

/** One upstream with its transports. */
export class Upstream {
  readonly spec: UpstreamSpec
  /** Questions in a row that came to nothing; those with fewer are asked first. */
  failures = 0
  readonly #udp: Transport
  readonly #tcp: Transport
  readonly #received: Received | undefined

  constructor(spec: UpstreamSpec, received: Received | undefined) {
    this.spec = spec
    this.#received = received
    this.#udp = udpTransport(spec)
    this.#tcp = tcpTransport(spec)
  }

  async ask(question: Question, manner: Manner, signal: AbortSignal): Promise<Reply> {
    const transport = manner.tcp ? this.#tcp : this.#udp
    const outcome = await transport.ask(writeQuery(question, manner.checkingDisabled), manner.timeout, signal)
    if (outcome.kind !== 'message') return outcome
    this.#received?.(question, this.spec.text, outcome.octets)
    return judge(question, outcome.message)
  }
}

/** Whether a message can be given to the validator. What it says is for the validator to judge. */
function judge(question: Question, message: Message): Reply {
  const { rcode } = message
  if (!USABLE.has(rcode)) {
    return { kind: 'rcode', rcode, detail: `answered ${rcodeName(rcode)}${explanation(message)}` }
  }
  // Whoever understands DO copies it into the response (RFC 3225 section 3).
  if (message.edns?.dnssecOk !== true) {
    return { kind: 'stripped', detail: 'does not return the DO bit: DNSSEC records do not pass this path' }
  }
  if (question.name.isRoot && question.type === RRType.DNSKEY && !hasSignature(message, RRType.DNSKEY)) {
    return {
      kind: 'stripped',
      detail: "sent the root's keys without a signature: DNSSEC records do not pass this path",
    }
  }
  return { kind: 'message', message }
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
const MAX_EXPLANATIONS = 3
const MAX_EXPLANATION_LENGTH = 120
