import { REASONS, type ReasonCode } from '../dnssec/reason.ts'
import type { Failure, InsecureAnswer, SecureAnswer, ValidatedAnswer } from '../dnssec/status.ts'
import { Rcode, rcodeName } from '../wire/codes/rcode.ts'
import { rrTypeName } from '../wire/codes/rrtype.ts'
import type { Name } from '../wire/name.ts'

/** What finding hosts wants of a resolver: answers of this library's own validator. */
export interface Lookup {
  /**
   * @param options `allowStale` is `false`: an answer that is over is none. `insecureUntil`: Unix seconds until which
   *   nothing need be validated, as under a negative trust anchor (RFC 7646); to leave it aside is always safe.
   */
  query(name: Name, type: number, options?: LookupOptions): Promise<ValidatedAnswer>
}

interface LookupOptions {
  readonly signal?: AbortSignal
  readonly allowStale?: boolean
  readonly insecureUntil?: number
}

/** The lookup without answers that are over, whatever a resolver is set to (RFC 8767): DANE decides by fresh ones. */
export function freshOnly(lookup: Lookup, insecureUntil?: number): Lookup {
  const fixed = insecureUntil === undefined ? { allowStale: false } : { allowStale: false, insecureUntil }
  // Whoever asks often asks with the same options.
  let given: LookupOptions | undefined
  let fresh: LookupOptions = fixed
  return {
    query(name, type, options) {
      if (options !== given) {
        given = options
        fresh = options?.signal === undefined ? fixed : { signal: options.signal, ...fixed }
      }
      return lookup.query(name, type, fresh)
    },
  }
}

/** A lookup as RFC 7672 section 2.1 sorts them: a failure is never read as absence. */
export type LookupResult<T> =
  | {
      readonly kind: 'answer'
      readonly answer: SecureAnswer | InsecureAnswer
      /** Of the type asked for; empty where there are none. */
      readonly records: readonly T[]
    }
  | FailedLookup

export interface FailedLookup {
  readonly kind: 'failed'
  readonly status: 'bogus' | 'indeterminate'
  readonly rcode: number
  readonly reason: Failure
}

/** Sorts an answer and reads the records of the type asked for; one that cannot be read spoils them all. */
export function readAnswer<T>(answer: ValidatedAnswer, read: (rdata: Uint8Array) => T): LookupResult<T> {
  switch (answer.status) {
    case 'bogus':
    case 'indeterminate':
      return { kind: 'failed', status: answer.status, rcode: answer.rcode, reason: answer.reason }
    case 'secure':
    case 'insecure':
      break
    default:
      throw new TypeError(`status: '${(answer as ValidatedAnswer).status}' is none`)
  }
  const { question, rcode } = answer
  if (rcode !== Rcode.NOERROR && rcode !== Rcode.NXDOMAIN) {
    return failed(answer, 'upstream-failed', `the answer is ${rcodeName(rcode)}`)
  }
  try {
    const records = answer.records.filter(({ type }) => type === question.type)
    return { kind: 'answer', answer, records: records.map(({ rdata }) => read(rdata)) }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return failed(answer, 'record-malformed', `a malformed ${rrTypeName(question.type)} record: ${why}`)
  }
}

/** A lookup that failed for what the answer holds. */
export function failed(answer: SecureAnswer | InsecureAnswer, code: ReasonCode, text: string): FailedLookup {
  const at = { name: answer.canonicalName, type: answer.question.type }
  return {
    kind: 'failed',
    status: 'indeterminate',
    rcode: answer.rcode,
    reason: { code, ede: REASONS[code], text, at, advice: undefined },
  }
}
