import type { UpstreamAnswer } from '../dnssec/walk.ts'
import { RESOLVER_LIMITS } from '../limits.ts'
import { formatIpv4, formatIpv6 } from '../wire/address.ts'
import { RRClass } from '../wire/codes/rrclass.ts'
import { RRType } from '../wire/codes/rrtype.ts'
import { Name } from '../wire/name.ts'
import type { Asker } from './asker.ts'
import type { Outcome } from './transport/transport.ts'
import { Canceller } from './cancellation.ts'

type Failure = Extract<Outcome, { kind: 'failure' }>

/**
 * The addresses of upstreams that are given by name, got from other upstreams and never from the system's resolver.
 * They need not be validated: the server that is found there has to prove that it has the name.
 */
export class Bootstrap {
  readonly #makeAsker: () => Asker | undefined
  readonly #now: () => number
  readonly #known = new Map<string, { readonly addresses: Promise<readonly string[] | Failure>; until: number }>()
  readonly #closing = new Canceller()
  #asker: Asker | undefined

  constructor(makeAsker: () => Asker | undefined, now: () => number) {
    this.#makeAsker = makeAsker
    this.#now = now
  }

  /** Queries sent. */
  get exchanges(): number {
    return this.#asker?.exchanges ?? 0
  }

  /** IPv4 addresses first; never rejects. */
  readonly addressesOf = async (host: string): Promise<readonly string[] | Failure> => {
    const known = this.#known.get(host)
    if (known !== undefined && this.#now() < known.until) return await known.addresses
    const entry = { addresses: this.#lookUp(host), until: this.#now() + RESOLVER_LIMITS.upstreamAddressLife.value }
    this.#known.set(host, entry)
    const addresses = await entry.addresses
    // Who waits shares the failure; the next one tries again.
    if (!Array.isArray(addresses)) entry.until = Number.NEGATIVE_INFINITY
    return addresses
  }

  close(): void {
    this.#closing.abort()
    this.#asker?.close()
  }

  async #lookUp(host: string): Promise<readonly string[] | Failure> {
    this.#asker ??= this.#makeAsker()
    const asker = this.#asker
    if (asker === undefined) return failure(`has a name, '${host}', and nobody can be asked for its address`)
    const name = Name.parse(host)
    const signal = this.#closing
    const answers = await Promise.all(TYPES.map((type) => asker.ask({ name, type, class: RRClass.IN }, signal)))
    const addresses = answers.flatMap(addressesIn)
    if (addresses.length > 0) return addresses.slice(0, RESOLVER_LIMITS.upstreamAddresses.value)
    const trouble = answers.find((answer) => answer.kind === 'failure')
    return failure(`has no address to be found for '${host}'${trouble === undefined ? '' : `: ${trouble.detail}`}`)
  }
}

function addressesIn(answer: UpstreamAnswer): string[] {
  if (answer.kind === 'failure') return []
  return answer.message.answer.flatMap(({ type, rdata }) => {
    if (type === RRType.A && rdata.length === 4) return [formatIpv4(rdata)]
    return type === RRType.AAAA && rdata.length === 16 ? [formatIpv6(rdata)] : []
  })
}

function failure(detail: string): Failure {
  return { kind: 'failure', cause: 'network', detail }
}

const TYPES = [RRType.A, RRType.AAAA] as const
