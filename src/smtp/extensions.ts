import type { Reply } from './reply-parser.ts'

/**
 * What a server announces in its reply to EHLO (RFC 5321 section 4.1.1.1). The first line is the server's name and
 * greeting and never a keyword; a line that does not follow the grammar announces nothing.
 */
export class Extensions {
  readonly #parameters: ReadonlyMap<string, readonly string[]>

  /** After HELO, and before anything was heard. */
  static readonly none: Extensions = new Extensions(new Map())

  private constructor(parameters: ReadonlyMap<string, readonly string[]>) {
    this.#parameters = parameters
  }

  static fromReply(reply: Reply): Extensions {
    const parameters = new Map<string, readonly string[]>()
    for (const line of reply.lines.slice(1)) {
      const [keyword = '', ...rest] = line.split(' ').filter((word) => word !== '')
      const token = keyword.toUpperCase()
      if (KEYWORD.test(keyword) && !line.startsWith(' ') && !parameters.has(token)) parameters.set(token, rest)
    }
    return new Extensions(parameters)
  }

  /** Keywords in upper case, in the order of the reply. */
  get keywords(): string[] {
    return [...this.#parameters.keys()]
  }

  /** `keyword` in upper case, compared as a whole word. */
  has(keyword: string): boolean {
    return this.#parameters.has(keyword)
  }

  /** The words behind a keyword, as the server wrote them; empty where it is not announced. */
  parameters(keyword: string): readonly string[] {
    return this.#parameters.get(keyword) ?? []
  }

  /** Octets the largest message may have, or null where the server names no limit (RFC 1870 section 4). */
  get sizeLimit(): number | null {
    const value = this.parameters('SIZE')[0]
    if (value === undefined || !/^[0-9]{1,20}$/.test(value)) return null
    return Number(value) === 0 ? null : Number(value)
  }

  /** What LIMITS announces (RFC 9422 sections 3 and 4); a value that is none, or 0, is not there. */
  get limits(): Limits {
    const value = (name: string): number | null => {
      const word = this.parameters('LIMITS').find((item) => item.toUpperCase().startsWith(`${name}=`))
      const digits = word?.slice(name.length + 1) ?? ''
      return /^[1-9][0-9]{0,5}$/.test(digits) ? Number(digits) : null
    }
    return { mailMax: value('MAILMAX'), rcptMax: value('RCPTMAX'), rcptDomainMax: value('RCPTDOMAINMAX') }
  }
}

/** Null where the server announces none. */
export interface Limits {
  /** Transactions on one connection. */
  readonly mailMax: number | null
  /** RCPT commands in one transaction. */
  readonly rcptMax: number | null
  /** Domains of recipients in one transaction. */
  readonly rcptDomainMax: number | null
}

/** ehlo-keyword. */
const KEYWORD = /^[A-Za-z0-9][A-Za-z0-9-]*$/
