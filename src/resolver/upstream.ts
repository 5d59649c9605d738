import { Rcode } from '../wire/codes/rcode.ts'
import { RRClass } from '../wire/codes/rrclass.ts'
import { RRType } from '../wire/codes/rrtype.ts'
import type { Name } from '../wire/name.ts'
import type { Question } from '../wire/record.ts'
import { Health } from './health.ts'
import { InFlight } from './in-flight.ts'
import { judge, type Judged, signed } from './judge.ts'
import { Path, type Way } from './path.ts'
import { Cookies } from './transport/cookies.ts'
import { httpsTransport } from './transport/https.ts'
import { tcpTransport } from './transport/tcp.ts'
import { tlsTransport } from './transport/tls.ts'
import { aborted, type Counters, type LocalAddresses, type Outcome, type Transport } from './transport/transport.ts'
import { udpTransport } from './transport/udp.ts'
import type { UpstreamSpec } from './upstream-spec.ts'
import type { Cancellation } from './cancellation.ts'

/** What one upstream had to say to one question, asked once. */
export type Reply =
  | Judged
  /** It did not like the cookie: once more, with another one or none. */
  | { readonly kind: 'cookie'; readonly detail: string }
  | Exclude<Outcome, { kind: 'message' }>

/** How a question is put. */
export interface Manner {
  readonly way: Way
  readonly checkingDisabled: boolean
  /** Milliseconds. */
  readonly timeout: number
}

/** Told of every message that answers a question, whatever it says. */
export type Received = (question: Question, upstream: string, octets: Uint8Array) => void

export interface UpstreamOptions {
  readonly received?: Received | undefined
  readonly local?: LocalAddresses | undefined
  readonly randomCase?: boolean | undefined
  /** PEM; in place of the authorities Node.js knows. */
  readonly authorities?: string | undefined
  /** Whether answers that have lost their DNSSEC records will do. */
  readonly unsigned: boolean
  /** A zone whose keys are signed: asked for where it is not known whether DNSSEC records pass. */
  readonly probe: Name
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number
  /** Where DNS over TLS is looked for when plain DNS does not let DNSSEC through. */
  readonly tlsPort: number
  readonly addressesOf: (host: string) => Promise<readonly string[] | Extract<Outcome, { kind: 'failure' }>>
}

/** What has been done with one upstream, and how it did. Times are milliseconds. */
export interface UpstreamStats {
  readonly upstream: string
  /** Questions in which it was asked. */
  readonly questions: number
  /** Queries sent to it, repetitions and probes included. */
  readonly exchanges: number
  /** TCP, TLS and HTTPS connections opened to it. */
  readonly connections: number
  /** Queries without an answer in time. */
  readonly timeouts: number
  /** The smoothed time to an answer; null before the first one. */
  readonly rtt: number | null
}

/** One upstream with its transports, and what is known of it and of the ways there. */
export class Upstream {
  readonly spec: UpstreamSpec
  readonly health: Health
  readonly counters: Counters = { exchanges: 0, connections: 0 }
  /** Questions in which it was asked. */
  questions = 0
  timeouts = 0
  /** In the order in which they are tried. */
  readonly ways: readonly Way[]
  readonly #options: UpstreamOptions
  readonly #cookies = new Cookies()
  readonly #transports = new Map<Way, Transport>()
  readonly #paths = new Map<Way, Path>()
  readonly #probes = new InFlight<Reply>()
  readonly #probe: Question

  constructor(spec: UpstreamSpec, options: UpstreamOptions) {
    this.spec = spec
    this.#options = options
    this.#probe = { name: options.probe, type: RRType.DNSKEY, class: RRClass.IN }
    this.ways = WAYS[spec.kind]
    this.health = new Health(options.now())
  }

  get stats(): UpstreamStats {
    const { questions, timeouts, counters, health } = this
    const rtt = health.roundTrip === undefined ? null : Math.round(health.roundTrip * 10) / 10
    return { upstream: this.spec.text, questions, ...counters, timeouts, rtt }
  }

  path(way: Way): Path {
    return this.#paths.get(way) ?? added(this.#paths, way, new Path())
  }

  /** The first way that is not known to strip DNSSEC, from `from` on; undefined where there is none. */
  wayFrom(from: number, now: number): Way | undefined {
    for (let at = from; at < this.ways.length; at++) {
      const way = this.ways[at]!
      const path = this.path(way)
      // TLS to a server of plain DNS is a guess; where it was wrong, not every question makes it again.
      if (path.stripping(now) === undefined && !(this.#isGuess(way) && path.breaking(now))) return way
    }
    return undefined
  }

  /** Never rejects. */
  async ask(question: Question, manner: Manner, signal: Cancellation): Promise<Reply> {
    const isProbe = sameQuestion(question, this.#probe)
    if (isProbe) return await this.#askProbe(manner, signal)
    const reply = await this.#ask(question, manner, signal)
    if (reply.kind !== 'message' || this.#options.unsigned) return reply
    const path = this.path(manner.way)
    if (path.known(this.#options.now())) return reply
    // Nothing in it is signed, and it is not known whether signatures pass at all: a validator would call it bogus.
    const probed = await this.#askProbe({ ...manner, checkingDisabled: true }, signal)
    if (signal.aborted) return aborted()
    if (probed.kind === 'stripped') return probed
    if (!path.known(this.#options.now())) path.undecided(this.#options.now())
    return reply
  }

  close(): void {
    for (const transport of this.#transports.values()) transport.close()
  }

  /** The probe is a question as any other, so one that is under way already serves for both. */
  async #askProbe(manner: Manner, signal: Cancellation): Promise<Reply> {
    const key = `${manner.way} ${manner.checkingDisabled}`
    try {
      return await this.#probes.run(key, signal, (all) => this.#ask(this.#probe, manner, all))
    } catch (error) {
      if (!signal.aborted) throw error
      return aborted()
    }
  }

  /** Takes note of how the upstream and the way there did. */
  async #ask(question: Question, manner: Manner, signal: Cancellation): Promise<Reply> {
    const { received, unsigned } = this.#options
    const { way, checkingDisabled, timeout } = manner
    const start = this.#options.now()
    this.health.asked(start)
    const outcome = await this.#transport(way).ask({ question, checkingDisabled }, timeout, signal)
    const now = this.#options.now()
    const path = this.path(way)
    if (outcome.kind === 'failure' && outcome.cause === 'timeout') this.timeouts++
    if (outcome.kind === 'failure' && outcome.cause !== 'aborted' && way !== 'udp') path.breaks(now)
    if (outcome.kind === 'truncated') this.health.answered(now - start, now)
    if (outcome.kind !== 'message') return outcome
    const { message, octets } = outcome
    this.health.answered(now - start, now)
    received?.(question, this.spec.text, octets)
    if (outcome.cookie === true && COOKIE_ERRORS.has(message.rcode)) return this.#aboutCookie(message.rcode)
    const judged = judge(message, sameQuestion(question, this.#probe))
    if (judged.kind === 'stripped' && unsigned) return { kind: 'message', message }
    if (judged.kind === 'stripped') path.strips(judged.detail, now)
    else if (judged.kind === 'message' && signed(message)) path.passes(now)
    return judged
  }

  /** The cookie of a BADCOOKIE is the one to use (RFC 7873 section 5.3); other errors may be about there being one. */
  #aboutCookie(rcode: number): Reply {
    if (rcode !== Rcode.BADCOOKIE) this.#cookies.turnOff(this.#options.now())
    return { kind: 'cookie', detail: 'does not accept the DNS cookie' }
  }

  #isGuess(way: Way): boolean {
    return way === 'tls' && this.spec.kind === 'plain'
  }

  #transport(way: Way): Transport {
    return this.#transports.get(way) ?? added(this.#transports, way, this.#makeTransport(way))
  }

  #makeTransport(way: Way): Transport {
    const { spec, counters } = this
    const { now, local, randomCase, authorities, addressesOf } = this.#options
    if (spec.kind === 'https') {
      const { authority, path, port, host, pins } = spec
      const authentication = { name: host, pins, authorities }
      const addresses = async () => (spec.addresses.length > 0 ? spec.addresses : await addressesOf(host))
      return httpsTransport({ authority, path, port, authentication, addresses, local, counters, now })
    }
    const { address, family, port } = spec
    const target = { address, family, port, local, counters, now }
    if (spec.kind === 'tls') return tlsTransport(target, { name: spec.name, pins: spec.pins, authorities })
    switch (way) {
      case 'udp':
        return udpTransport({ ...target, cookies: this.#cookies, randomCase })
      case 'tls':
        // Nobody has said who it has to be: it is used as the way around what interferes with plain DNS.
        return tlsTransport({ ...target, port: this.#options.tlsPort }, { name: undefined, pins: [], authorities })
      default:
        return tcpTransport(target)
    }
  }
}

function added<K, V>(map: Map<K, V>, key: K, value: V): V {
  map.set(key, value)
  return value
}

function sameQuestion(a: Question, b: Question): boolean {
  return a.type === b.type && a.class === b.class && a.name.equals(b.name)
}

const WAYS: Readonly<Record<UpstreamSpec['kind'], readonly Way[]>> = {
  plain: ['udp', 'tcp', 'tls'],
  tls: ['tls'],
  https: ['https'],
}
/** What a server or a middlebox says that takes exception at an option it does not know. */
const COOKIE_ERRORS: ReadonlySet<number> = new Set([Rcode.BADCOOKIE, Rcode.FORMERR, Rcode.NOTIMP, Rcode.BADVERS])
