import { DanelawError } from '../errors.ts'
import { LimitReached } from '../limits.ts'
import { RRClass } from '../wire/codes/rrclass.ts'
import { Rcode } from '../wire/codes/rcode.ts'
import { RRType } from '../wire/codes/rrtype.ts'
import type { Name } from '../wire/name.ts'
import type { Question } from '../wire/record.ts'
import { validateAbsence } from './absence.ts'
import { findAlias, followAlias, isSynthesized } from './aliases.ts'
import { isFailed, type Part, validateRRset, zoneCandidate } from './answer-rrset.ts'
import { AnswerBuilder } from './answer.ts'
import { failure, placeText } from './failure.ts'
import type { RRset, RRsets } from './rrset.ts'
import { questionOf, Session } from './session.ts'
import type { ValidatedAnswer } from './status.ts'
import { unusable } from './upstream-failure.ts'
import type { Ask, Context, UpstreamAnswer, Walk } from './walk.ts'
import { foresee } from './zone-walk.ts'

/**
 * Validates the answer to one question (RFC 4035 section 5). The walk yields the questions it needs answers to, and
 * returns the result; whatever the answers hold is a value of it, never an exception.
 */
export function* validate(question: Question, context: Context): Walk {
  const now = Math.floor(context.now)
  const session = new Session(now === context.now ? context : { ...context, now })
  const builder = new AnswerBuilder(session, question)
  if (question.class !== RRClass.IN || isBeyondValidation(question.type)) {
    const text = `${placeText(question.name, question.type)} is not something that can be validated`
    return builder.failed('indeterminate', failure('cannot-be-validated', text, question.name, question.type), [])
  }
  try {
    return yield* follow(session, question, builder)
  } catch (error) {
    const at = session.place ?? question
    if (error instanceof LimitReached) {
      context.budget.reached = error
      const text = `${error.message} at ${placeText(at.name, at.type)}; answers that cost more are refused, as attacks do`
      return builder.failed('bogus', failure('limit-reached', text, at.name, at.type), builder.chain)
    }
    if (error instanceof DanelawError && error.code === 'bad-wire') {
      const text = `the answer for ${placeText(at.name, at.type)} holds a malformed record: ${error.message}`
      return builder.failed('bogus', failure('record-malformed', text, at.name, at.type), builder.chain)
    }
    throw error
  }
}

/** From name to name along the aliases, to the records asked for or the proof that there are none. */
function* follow(session: Session, question: Question, builder: AnswerBuilder): Walk<ValidatedAnswer> {
  const { type } = question
  let { name } = question
  let visited: Set<string> | undefined
  let reply = yield askFor(session, name, type)
  let fresh = true
  for (;;) {
    const unanswered = unusable(reply, name, type)
    if (unanswered !== undefined || reply.kind !== 'message') {
      if (reply.kind === 'failure') builder.rcode = reply.rcode ?? Rcode.SERVFAIL
      else builder.rcode = reply.message.rcode
      return builder.failed('indeterminate', unanswered!, [])
    }
    const { answer, authority } = session.sections(reply.message)
    session.ahead = foreseeAliases(session, reply, name)
    const alias = findAlias(answer, name)
    const direct = directAnswer(answer, name, type, alias !== undefined && isSynthesized(alias))

    if (direct.length > 0) {
      session.context.budget.require('rrsetsPerAnswer', direct.length)
      const parts: Part[] = []
      for (const rrset of direct) {
        parts.push(yield* validateRRset(session, rrset, authority))
        if (isFailed(parts.at(-1)!)) break
      }
      if (!fresh && isFailed(parts.at(-1)!)) {
        // What came along with the alias does not hold; an answer of its own may.
        reply = yield askFor(session, name, type)
        fresh = true
        continue
      }
      builder.rcode = Rcode.NOERROR
      for (const part of parts) if (!builder.add(part)) return builder.failedBy(part)
      return builder.finish(name)
    }
    if (alias !== undefined) {
      session.context.budget.spend('aliasSteps')
      const step = yield* followAlias(session, name, type, alias, authority)
      if (!builder.addAlias(name, step)) return builder.failedBy(step.part)
      builder.rcode = step.rcode
      // ANY asks what is at this name, and chases nothing.
      if (step.target === undefined || type === RRType.CNAME || type === RRType.ANY) return builder.finish(name)
      visited ??= new Set([name.key])
      name = step.target
      if (visited.has(name.key)) return builder.failed('bogus', loop(question, name), builder.chain)
      visited.add(name.key)
      fresh = false
      if (!speaksOf(reply, answer, authority, name, type)) {
        reply = yield askFor(session, name, type)
        fresh = true
      }
      continue
    }
    const absence = yield* validateAbsence(session, name, type, authority, reply.message.rcode)
    if (isFailed(absence.part) && !fresh) {
      // The denial that came along with the alias is not one; an answer of its own may be.
      reply = yield askFor(session, name, type)
      fresh = true
      continue
    }
    builder.rcode = absence.rcode
    return builder.add(absence.part) ? builder.finish(name) : builder.failedBy(absence.part)
  }
}

function askFor(session: Session, name: Name, type: number): Ask {
  return session.ask(questionOf(name, type), foresee(session, zoneCandidate(name, type)))
}

/**
 * The RRsets that answer the question itself; for ANY all of the name (RFC 8482 allows few). A CNAME that was made from
 * a DNAME is none: it is judged by that.
 */
function directAnswer(answer: RRsets, name: Name, type: number, synthesized: boolean): RRset[] {
  if (type !== RRType.ANY) {
    const one = synthesized && type === RRType.CNAME ? undefined : answer.get(name, type)
    return one === undefined ? [] : [one]
  }
  const atName = (rrset: RRset): boolean => rrset.name.equals(name) && rrset.class === RRClass.IN
  return [...answer].filter((rrset) => atName(rrset) && !(synthesized && rrset.type === RRType.CNAME))
}

/** Whether the message that brought an alias also answers for its target, so that no further question is needed. */
function speaksOf(reply: UpstreamAnswer, answer: RRsets, authority: RRsets, name: Name, type: number): boolean {
  if (answer.get(name, type) !== undefined || findAlias(answer, name) !== undefined) return true
  if (reply.kind === 'message' && reply.message.rcode === Rcode.NXDOMAIN) return true
  for (const rrset of authority) if (rrset.type === RRType.SOA && name.isAtOrBelow(rrset.name)) return true
  return false
}

/** The walks to the targets of all aliases in the answer; what the message claims is good enough to ask ahead by. */
function foreseeAliases(session: Session, reply: UpstreamAnswer, name: Name): Question[] {
  if (reply.kind !== 'message') return []
  let owners: Map<string, Name> | undefined
  for (const record of reply.message.answer) {
    if (record.name.equals(name)) continue
    owners ??= new Map()
    if (owners.size < MAX_FORESEEN_OWNERS) owners.set(record.name.key, record.name)
  }
  return owners === undefined ? [] : [...owners.values()].flatMap((owner) => foresee(session, owner))
}

function loop(question: Question, name: Name) {
  const text = `the aliases of ${question.name} lead back to ${name}`
  return failure('alias-loop', text, name, RRType.CNAME, 'point one of the aliases at a name that has records')
}

/** RRSIG and its forerunner are the means of validation, and meta-types are no data (RFC 6895 section 3.1). */
function isBeyondValidation(type: number): boolean {
  if (type === RRType.ANY) return false
  return (
    type === 0 || type === RRType.SIG || type === RRType.RRSIG || type === RRType.OPT || (type >= 128 && type <= 255)
  )
}

const MAX_FORESEEN_OWNERS = 4
