import { Rcode } from '../wire/codes/rcode.ts'
import type { Name } from '../wire/name.ts'
import type { Question, ResourceRecord } from '../wire/record.ts'
import type { Alias } from './aliases.ts'
import type { Part } from './answer-rrset.ts'
import { intersect, OPEN_SPAN, type Span } from './chain.ts'
import type { Session } from './session.ts'
import type {
  AliasStep,
  AnswerProof,
  BogusAnswer,
  ChainLink,
  Failure,
  IndeterminateAnswer,
  ValidatedAnswer,
} from './status.ts'

/** Gathers the parts of one answer. The weakest part decides the status of the whole. */
export class AnswerBuilder {
  rcode: number = Rcode.SERVFAIL
  readonly #session: Session
  readonly #question: Question
  // Those of the first part as they are: most answers have one.
  #records: readonly ResourceRecord[] = []
  readonly #aliases: AliasStep[] = []
  readonly #proofs: AnswerProof[] = []
  #chain: readonly ChainLink[] = []
  #span: Span = OPEN_SPAN
  #insecure: Failure | undefined

  constructor(session: Session, question: Question) {
    this.#session = session
    this.#question = question
  }

  get chain(): readonly ChainLink[] {
    return this.#chain
  }

  /** Takes in a part; false where it fails the whole. */
  add(part: Part): boolean {
    this.#addChain(part.chain)
    if (part.status === 'bogus' || part.status === 'indeterminate') return false
    this.#records = this.#records.length === 0 ? part.records : [...this.#records, ...part.records]
    this.#proofs.push(part.proof)
    this.#span = intersect(this.#span, part.span)
    if (part.status === 'insecure') this.#insecure ??= part.reason
    return true
  }

  /** As `add`, for one step of the alias chain. */
  addAlias(owner: Name, alias: Alias): boolean {
    if (!this.add(alias.part)) return false
    if (alias.target !== undefined && (alias.part.status === 'secure' || alias.part.status === 'insecure')) {
      this.#aliases.push({ owner, target: alias.target, type: alias.type, status: alias.part.status })
    }
    return true
  }

  finish(canonicalName: Name): ValidatedAnswer {
    const { validFrom, validUntil, ttl } = this.#span
    // Spread last: to add properties behind what was spread takes V8 2 microseconds, the other way 0.06 (measured).
    const data = {
      question: this.#question,
      rcode: this.rcode,
      records: this.#records,
      aliases: this.#aliases,
      canonicalName,
      chain: this.#chain,
      proofs: this.#proofs,
      ttl: Math.max(0, Math.floor(ttl)),
      spent: this.#session.context.budget.spent,
    }
    if (this.#insecure !== undefined) return { status: 'insecure', reason: this.#insecure, ...data }
    return { status: 'secure', reason: null, validFrom, validUntil, ...data }
  }

  failed(
    status: 'bogus' | 'indeterminate',
    reason: Failure,
    chain: readonly ChainLink[],
  ): BogusAnswer | IndeterminateAnswer {
    this.#addChain(chain)
    const { spent } = this.#session.context.budget
    return { status, reason, question: this.#question, rcode: this.rcode, chain: this.#chain, spent }
  }

  /** The answer that a failed part makes of the whole. */
  failedBy(part: Part): BogusAnswer | IndeterminateAnswer {
    if (part.status !== 'bogus' && part.status !== 'indeterminate') throw new TypeError('part: it did not fail')
    return this.failed(part.status, part.reason, part.chain)
  }

  #addChain(links: readonly ChainLink[]): void {
    const isNew = (link: ChainLink): boolean =>
      !this.#chain.some((known) => known.zone.equals(link.zone) && known.status === link.status)
    this.#chain = this.#chain.length === 0 ? links : [...this.#chain, ...links.filter(isNew)]
  }
}
