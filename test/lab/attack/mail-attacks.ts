/** The switches on mail servers: by host, or on all of them; the later one wins field by field. */
import type { MailBehaviour } from '../mail/behaviour.ts'

export class MailAttacks {
  readonly #rules: { readonly host: string; readonly change: Partial<MailBehaviour> }[] = []

  /** `host` without the final dot, or `all`. Counts from the next connection; the function returned switches it off. */
  add(host: string, change: Partial<MailBehaviour>): () => void {
    const rule = { host, change }
    this.#rules.push(rule)
    return () => {
      const index = this.#rules.indexOf(rule)
      if (index >= 0) this.#rules.splice(index, 1)
    }
  }

  clear(): void {
    this.#rules.length = 0
  }

  /** What is switched on for a host now. */
  on(host: string): Partial<MailBehaviour> {
    const changes = this.#rules.filter((rule) => rule.host === 'all' || rule.host === host)
    return Object.assign({}, ...changes.map(({ change }) => change))
  }
}
