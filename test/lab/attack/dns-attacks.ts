/** The switches on DNS answers: which questions, and what happens to them. */
import { rrTypeFromName } from '../../../src/wire/codes/rrtype.ts'
import type { Message } from '../../../src/wire/message.ts'
import { Name } from '../../../src/wire/name.ts'
import type { Question } from '../../../src/wire/record.ts'
import { type DnsAction, type DnsQuery, type Plan, honestPlan } from './plan.ts'

/** `all`, a type, a name, or what is at and below a name; fields given together must all hold. */
export type QuestionMatch =
  | 'all'
  | { readonly name?: string; readonly below?: string; readonly type?: string }
  | ((question: Question) => boolean)

export class DnsAttacks {
  readonly #rules: { readonly matches: (question: Question) => boolean; readonly actions: readonly DnsAction[] }[] = []

  /** Switches actions on, after those that are on already; the function returned switches them off. */
  add(match: QuestionMatch, ...actions: DnsAction[]): () => void {
    const rule = { matches: matcher(match), actions }
    this.#rules.push(rule)
    return () => {
      const index = this.#rules.indexOf(rule)
      if (index >= 0) this.#rules.splice(index, 1)
    }
  }

  clear(): void {
    this.#rules.length = 0
  }

  plan(query: DnsQuery, message: Message): Plan {
    let plan = honestPlan(message)
    for (const { matches, actions } of this.#rules) {
      if (!matches(query.question)) continue
      for (const action of actions) plan = action(plan, query)
    }
    return plan
  }

  /** The attacked answer without a network; null where none arrives. */
  answer(question: Question, message: Message): Message | null {
    const plan = this.plan({ id: message.id, question, transport: 'memory' }, message)
    return plan.octets === null ? plan.message : null
  }
}

function matcher(match: QuestionMatch): (question: Question) => boolean {
  if (match === 'all') return () => true
  if (typeof match === 'function') return match
  const name = match.name === undefined ? undefined : Name.parse(match.name)
  const below = match.below === undefined ? undefined : Name.parse(match.below)
  const type = match.type === undefined ? undefined : rrTypeFromName(match.type)
  if (match.type !== undefined && type === undefined) throw new RangeError(`match.type: ${match.type} is no type`)
  return (question) =>
    (name === undefined || question.name.equals(name)) &&
    (below === undefined || question.name.isAtOrBelow(below)) &&
    (type === undefined || question.type === type)
}
