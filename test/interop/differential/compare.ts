import type { ValidatedAnswer } from '../../../src/dnssec/status.ts'
import { Rcode, rcodeName } from '../../../src/wire/codes/rcode.ts'
import { RRType, rrTypeName } from '../../../src/wire/codes/rrtype.ts'
import { type Expected, shown } from '../../dnssec/foreign/expected.ts'
import { type Disagreement, type Explanation, explain, type Judge } from './explanations.ts'
import type { Verdict } from './judges.ts'

/** Counts what two judges make of the same questions, and keeps what no explanation fits. */
export class Tally {
  readonly unexplained: string[] = []
  readonly #judge: Judge
  readonly #explained = new Map<Explanation, number>()
  #compared = 0

  constructor(judge: Judge) {
    this.#judge = judge
  }

  compare(pair: Disagreement): void {
    this.#compared++
    if (agree(pair.ours, pair.theirs)) return
    const explanation = explain(this.#judge, pair)
    if (explanation === undefined) this.unexplained.push(line(pair))
    else this.#explained.set(explanation, (this.#explained.get(explanation) ?? 0) + 1)
  }

  toString(): string {
    const head = `${this.#judge}: ${this.#compared} compared, ${this.unexplained.length} disagreements without explanation`
    const rows = [...this.#explained].map(
      ([{ what, rfc, right }, count]) => `  ${count} explained: ${what} (${rfc}; right: ${right})`,
    )
    return [head, ...rows].join('\n')
  }
}

export function ofValidator(answer: ValidatedAnswer): Verdict {
  const { status, rcode, reason } = answer
  const said = reason?.text ?? ''
  if (answer.status !== 'secure' && answer.status !== 'insecure') return { status, rcode, said, records: undefined }
  const { question, canonicalName } = answer
  // Of ANY a server may give what it likes (RFC 8482); a DNAME that leads too far is all there is (RFC 6672 section 2.2).
  if (question.type === RRType.ANY) return { status, rcode, said, records: undefined }
  const last = question.type === RRType.CNAME ? question.name : canonicalName
  const whole = rcode === Rcode.YXDOMAIN
  const records = answer.records.filter(({ name, type }) => whole || (name.equals(last) && type === question.type))
  return { status, rcode, said, records: shown(records) }
}

export function ofContent({ status, rcode, records, kind }: Expected): Verdict {
  return { status, rcode, said: kind, records }
}

function agree(ours: Verdict, theirs: Verdict): boolean {
  if (ours.status !== theirs.status) return false
  // What is bogus has an RCODE of each one's own.
  if (ours.status !== 'secure' && ours.status !== 'insecure') return true
  if (ours.rcode !== undefined && theirs.rcode !== undefined && ours.rcode !== theirs.rcode) return false
  return ours.records === undefined || theirs.records === undefined || String(ours.records) === String(theirs.records)
}

function line({ authority, question, ours, theirs, expected }: Disagreement): string {
  const verdict = ({ status, rcode, said }: Verdict) =>
    `${status} ${rcode === undefined ? '' : rcodeName(rcode)} (${said})`
  const { name, type } = question
  return `${authority} ${name} ${rrTypeName(type)}: ours ${verdict(ours)}, theirs ${verdict(theirs)}, content ${expected.status} ${expected.kind}`
}
