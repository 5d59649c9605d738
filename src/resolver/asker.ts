import { questionKey, type UpstreamAnswer } from '../dnssec/walk.ts'
import { DanelawError } from '../errors.ts'
import { RESOLVER_LIMITS } from '../limits.ts'
import { Name } from '../wire/name.ts'
import type { Question } from '../wire/record.ts'
import { Bootstrap } from './bootstrap.ts'
import { InFlight } from './in-flight.ts'
import { Inquiry, type InquiryOptions } from './inquiry.ts'
import { monotonic } from './monotonic.ts'
import { Slots } from './slots.ts'
import type { LocalAddresses } from './transport/transport.ts'
import { type Received, Upstream, type UpstreamStats } from './upstream.ts'
import { TLS_PORT, type UpstreamSpec } from './upstream-spec.ts'
import type { Cancellation } from './cancellation.ts'

/** Asks one question of the network. Never rejects: what the network does is a value. */
export type Ask = (question: Question, signal: Cancellation) => Promise<UpstreamAnswer>

export interface AskerOptions {
  /** At least one; of those that answer alike, the first is preferred. */
  readonly upstreams: readonly UpstreamSpec[]
  /** Who is asked for the addresses of upstreams that are given by name; default: the upstreams that are not. */
  readonly bootstrap?: readonly UpstreamSpec[] | undefined
  /** Exchanges for one question, over all upstreams and ways. */
  readonly attempts: number
  /** Milliseconds for the first exchange with an upstream; doubled in each further round. */
  readonly attemptTimeout: number
  /** Exchanges at the same time. */
  readonly sockets: number
  /** Where to ask from; default: as the system chooses. */
  readonly local?: LocalAddresses | undefined
  /** Whether names go out over UDP with each letter in a random case; default: no. */
  readonly randomCase?: boolean | undefined
  /** Certificates of authorities for TLS and HTTPS in PEM; default: those Node.js knows. */
  readonly authorities?: string | undefined
  /** A zone whose keys are signed, as the trust anchors say; default: the root. */
  readonly probe?: Name | undefined
  /** Whether answers that have lost their DNSSEC records will do: for addresses whose server proves who it is. */
  readonly unsigned?: boolean | undefined
  readonly received?: Received | undefined
  /** Milliseconds of a clock that only goes forward; default: the process's. */
  readonly now?: (() => number) | undefined
  /** Default: as limits.ts says. */
  readonly hedge?: InquiryOptions['hedge'] | undefined
  /** Where DNS over TLS is looked for when plain DNS does not let DNSSEC through; default: 853. */
  readonly tlsPort?: number | undefined
}

/** Questions to the network, over several upstreams with retries. The same question is never under way twice. */
export class Asker {
  readonly #upstreams: readonly Upstream[]
  readonly #inFlight = new InFlight<UpstreamAnswer>()
  readonly #options: InquiryOptions
  readonly #bootstrap: Bootstrap
  /** Questions put to the network; what is shared counts once. */
  questions = 0

  constructor(options: AskerOptions) {
    const now = options.now ?? monotonic
    this.#bootstrap = new Bootstrap(() => this.#bootstrapAsker(options), now)
    this.#options = {
      attempts: options.attempts,
      attemptTimeout: options.attemptTimeout,
      hedge: options.hedge ?? HEDGE,
      slots: new Slots(options.sockets),
      now,
    }
    const {
      received,
      local,
      randomCase,
      authorities,
      unsigned = false,
      probe = Name.root,
      tlsPort = TLS_PORT,
    } = options
    const addressesOf = this.#bootstrap.addressesOf
    const shared = { received, local, randomCase, authorities, unsigned, probe, now, tlsPort, addressesOf }
    this.#upstreams = options.upstreams.map((spec) => new Upstream(spec, shared))
  }

  /** Queries sent. */
  get exchanges(): number {
    return this.#upstreams.reduce((sum, { counters }) => sum + counters.exchanges, this.#bootstrap.exchanges)
  }

  /** Of each upstream, in the order they were given in. */
  get upstreamStats(): UpstreamStats[] {
    return this.#upstreams.map(({ stats }) => stats)
  }

  /** `instead`: of others than these first, and of all over connections, since what these have sent did not hold. */
  readonly ask = async (
    question: Question,
    signal: Cancellation,
    instead?: ReadonlySet<string>,
  ): Promise<UpstreamAnswer> => {
    const key = instead === undefined ? questionKey(question) : `${questionKey(question)} ${[...instead].sort().join()}`
    try {
      return await this.#inFlight.run(key, signal, (all) => {
        this.questions++
        const options = instead === undefined ? this.#options : { ...this.#options, instead }
        return new Inquiry(question, this.#upstreams, options, all).run()
      })
    } catch (error) {
      if (!signal.aborted) throw error
      return { kind: 'failure', cause: 'aborted', detail: 'the question was called off', upstream: undefined }
    }
  }

  /** Calls off what is under way, and closes connections. */
  close(): void {
    this.#inFlight.abort(new DanelawError('aborted', 'the upstreams are no longer asked'))
    for (const upstream of this.#upstreams) upstream.close()
    this.#bootstrap.close()
  }

  /** Asks those whose addresses are known for the addresses of the others. */
  #bootstrapAsker(options: AskerOptions): Asker | undefined {
    const upstreams = options.bootstrap ?? options.upstreams.filter(hasAddress)
    if (upstreams.length === 0) return undefined
    return new Asker({ ...options, upstreams, bootstrap: [], unsigned: true, received: undefined })
  }
}

/** Whether it can be reached without looking up a name. */
export function hasAddress(spec: UpstreamSpec): boolean {
  return spec.kind !== 'https' || spec.addresses.length > 0
}

const HEDGE = { unmeasured: RESOLVER_LIMITS.hedgeDelay.value, least: RESOLVER_LIMITS.hedgeDelayLeast.value }
