import type { SecureAnswer } from '../../dnssec/status.ts'
import { validate } from '../../dnssec/validate.ts'
import { type Context, questionKey, type UpstreamAnswer } from '../../dnssec/walk.ts'
import { Budget, RESOLVER_LIMITS, VALIDATION_LIMITS } from '../../limits.ts'
import { RRType } from '../../wire/codes/rrtype.ts'
import type { Question } from '../../wire/record.ts'
import type { DenialCache } from './denial-cache.ts'

/**
 * A secure denial made from NSEC or NSEC3 records that earlier answers brought (RFC 8198 section 4), or undefined where
 * there is none without asking. The records go through the same validation as if they had just arrived, with the keys
 * of a zone that is known already; anything but a secure proof is no answer, and the question is asked.
 *
 * It has a small budget of its own, so that what it costs is never missing where the question is asked after all.
 */
export function synthesize(
  question: Question,
  context: Omit<Context, 'peek' | 'denials'>,
  denials: DenialCache,
): SecureAnswer | undefined {
  if (NEVER.has(question.type)) return undefined
  const found = denials.find(question, context.now)
  if (found === undefined) return undefined
  const budget = new Budget({
    ...context.budget.limits,
    signatureChecks: VALIDATION_LIMITS.signatureChecks.min,
    nsec3HashBlocks: RESOLVER_LIMITS.denialHashBlocks.value,
  })
  const walk = validate(question, { ...context, budget, peek: () => undefined })
  const key = questionKey(question)
  let step = walk.next()
  // What else it asks for, keys that are no longer known or a cut to be looked at, the network has.
  while (!step.done && questionKey(step.value.wait) === key) step = walk.next(denial(question, found.records))
  if (step.done && step.value.status === 'secure' && step.value.aliases.length === 0) {
    const answer = step.value
    return { ...answer, spent: { ...answer.spent, upstreamQuestions: 0 }, synthesized: true }
  }
  found.forget()
  return undefined
}

function denial(question: Question, authority: UpstreamMessage['authority']): UpstreamAnswer {
  const message: UpstreamMessage = {
    id: 0,
    response: true,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: true,
    checkingDisabled: true,
    // What the records prove decides between NOERROR and NXDOMAIN.
    rcode: 0,
    questions: [question],
    answer: [],
    authority,
    additional: [],
    edns: undefined,
  }
  return { kind: 'message', message, upstream: 'memory' }
}

type UpstreamMessage = Extract<UpstreamAnswer, { kind: 'message' }>['message']

/** What speaks of all types, or of the chain of denials itself. */
const NEVER: ReadonlySet<number> = new Set([RRType.ANY, RRType.RRSIG, RRType.NSEC, RRType.NSEC3])
