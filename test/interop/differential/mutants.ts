/** Answers with one octet changed: what may not come of them. */
import type { ValidatedAnswer } from '../../../src/dnssec/status.ts'
import { questionKey } from '../../../src/dnssec/walk.ts'
import { RRType, rrTypeName } from '../../../src/wire/codes/rrtype.ts'
import type { Question } from '../../../src/wire/record.ts'
import { shown } from '../../dnssec/foreign/expected.ts'
import type { Random } from '../../dnssec/foreign/questions.ts'
import type { Authority } from './authority.ts'

export interface MutantReport {
  readonly statuses: Record<string, number>
  /** What should not be, one line each. */
  readonly faults: readonly string[]
}

/** Changes one octet in one of the answers that lead to a verdict, `count` times over. */
export async function mutate(
  authority: Authority,
  question: Question,
  count: number,
  random: Random,
): Promise<MutantReport> {
  const honest = await authority.validated(question)
  const asked = await authority.asked(question)
  const statuses: Record<string, number> = {}
  const faults: string[] = []
  for (let i = 0; i < count; i++) {
    const victim = random(2) === 0 ? question : asked[random(asked.length)]!
    const length = (await authority.octets(victim)).length
    const at = random(length)
    const change = 1 + random(255)
    const where = `${authority.name} ${question.name} ${rrTypeName(question.type)}: octet ${at} ^ ${change} of ${victim.name} ${rrTypeName(victim.type)}`
    try {
      const answer = await authority.validated(question, undefined, (of, octets) =>
        questionKey(of) === questionKey(victim) ? octets.with(at, octets[at]! ^ change) : octets,
      )
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
      const fault = faultOf(honest, answer)
      if (fault !== undefined) faults.push(`${where}: ${fault}`)
    } catch (error) {
      faults.push(`${where}: ${String(error)}`)
    }
  }
  return { statuses, faults }
}

function faultOf(honest: ValidatedAnswer, answer: ValidatedAnswer): string | undefined {
  if (answer.status === 'insecure' && honest.status !== 'insecure') return `${honest.status} became insecure`
  if (answer.status !== 'secure') return undefined
  if (honest.status !== 'secure') return `${honest.status} became secure`
  if (answer.rcode !== honest.rcode) return `RCODE ${honest.rcode} became ${answer.rcode}`
  const signed = lines(honest)
  const found = lines(answer)
  const stranger = [...found].find((line) => !signed.has(line))
  if (stranger !== undefined) return `secure, and was not signed: ${stranger}`
  // Whoever asks for ANY gets what there was (RFC 8482); all else is whole RRsets.
  if (found.size !== signed.size && honest.question.type !== RRType.ANY) return 'secure, and not whole'
  const longer = answer.records.find((record) => record.ttl > Math.max(...honest.records.map(({ ttl }) => ttl)))
  if (longer !== undefined) return `a TTL of ${longer.ttl}`
  if (answer.validUntil > honest.validUntil) return `valid until ${answer.validUntil}, not ${honest.validUntil}`
  return undefined
}

function lines({ records }: Extract<ValidatedAnswer, { status: 'secure' }>): Set<string> {
  return new Set(records.map((record) => `${record.name.key} ${shown([record])[0]}`))
}
