import { type Reply, replyText } from './reply-parser.ts'

/** What one connection came to for one recipient. */
export interface RecipientResult {
  readonly outcome: 'delivered' | 'deferred' | 'rejected'
  /** Whether this is the last word, so that no other host is to be tried. */
  readonly final: boolean
  /** Of the server's reply, or null where it did not come to one. */
  readonly code: number | null
  readonly enhanced: string | null
  /** The server's words or our own, one line. */
  readonly text: string
  /**
   * Only where it was delivered and the sender had asked for reports (RFC 3461): `passed` where the server took the
   * request over, `relayed` where it does not know DSN, so that nobody but us can tell him so (section 5.2.2).
   */
  readonly dsn?: 'passed' | 'relayed'
}

/** What is known of the recipients of one mail; who is settled stays as he is. */
export class RecipientResults {
  readonly #results: (RecipientResult | undefined)[]

  constructor(count: number) {
    this.#results = new Array<undefined>(count).fill(undefined)
  }

  /** One for each recipient, in their order. Whoever was not spoken of is deferred for `reason`. */
  all(reason: Omit<RecipientResult, 'outcome' | 'final'>): RecipientResult[] {
    return this.#results.map((result) => result ?? { outcome: 'deferred', final: false, ...reason })
  }

  /** Places of those who are not settled, of `among` or of all. */
  open(among: Iterable<number> = this.#results.keys()): number[] {
    return [...among].filter((place) => this.#results[place] === undefined)
  }

  settle(about: readonly number[], result: RecipientResult): void {
    for (const place of about) this.#results[place] ??= result
  }

  /** Settles by a reply of 4yz or 5yz; one of 5yz that is `temporary` counts as 4yz. */
  refuse(about: readonly number[], reply: Reply, temporary = false): void {
    const permanent = reply.code >= 500 && !temporary
    const { code, enhanced, text } = replyFacts(reply)
    this.settle(about, {
      outcome: permanent ? 'rejected' : 'deferred',
      final: permanent,
      code,
      enhanced: permanent || enhanced === null ? enhanced : `4${enhanced.slice(1)}`,
      text,
    })
  }
}

/** The parts of a reply that a result holds. */
export function replyFacts(reply: Reply): Pick<RecipientResult, 'code' | 'enhanced' | 'text'> {
  return { code: reply.code, enhanced: reply.enhanced, text: replyText(reply) }
}
