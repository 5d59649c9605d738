import { X509Certificate } from 'node:crypto'
import type { EngineName } from '../dnssec/crypto/engine.ts'
import type { NegativeTrustAnchor, TrustAnchors } from '../dnssec/trust-anchors.ts'
import { DanelawError } from '../errors.ts'
import { RESOLVER_LIMITS, type ValidationLimits, validationLimits, within } from '../limits.ts'
import { Name } from '../wire/name.ts'
import type { Logger } from './events.ts'
import type { Fixture } from './fixture/fixture.ts'
import { loadFixture } from './fixture/load.ts'
import { hasAddress } from './asker.ts'
import { type AnchorSource, gatherAnchors } from './read-anchors.ts'
import { systemConfig } from './system.ts'
import { parseUpstream, type UpstreamSpec } from './upstream-spec.ts'

/** Options of a resolver; every one of them may be left out. */
export interface ResolverOptions {
  /**
   * Upstreams, the preferred first; else those of resolv.conf. Plain DNS as `192.0.2.1`, `192.0.2.1:5353` or
   * `[2001:db8::1]:53`: everyone on the path sees what is asked. DNS over TLS as `tls://192.0.2.1`, then encrypted to
   * whoever answers, or `tls://192.0.2.1#dns.example`, then only to the server with that name; `#?pin=…` or
   * `#dns.example?pin=…` wants its key, by the SHA-256 of its SubjectPublicKeyInfo in base64. DNS over HTTPS as
   * `https://dns.example/dns-query`, always only to the server with that name, whose addresses stand behind `#`
   * (`…/dns-query#192.0.2.1,2001:db8::1`) or are asked of the other upstreams, else of those of resolv.conf.
   */
  readonly upstreams?: readonly string[]
  /** Certificates of authorities, in PEM, for the names of upstreams over TLS and HTTPS; else those Node.js knows. */
  readonly upstreamAuthorities?: string
  /** `true` sends names over UDP with each letter in a random case that the answer has to repeat; else as given. */
  readonly randomCase?: boolean
  /** Trust anchors, paths of files with them, or the text of such files; else the built-in ones of the root. */
  readonly trustAnchors?: TrustAnchors | AnchorSource | readonly AnchorSource[]
  /** Path of a file with more anchors, some for single zones, and negative ones; README.md says how it is written. */
  readonly trustAnchorConfig?: string
  /**
   * Path of the file in which trust anchors follow their zones' keys (RFC 5011). It comes into being with the first
   * `refreshTrustAnchors`.
   */
  readonly trustAnchorState?: string
  /** Names at and below which nothing is validated until a time, in Unix seconds or a Date (RFC 7646). */
  readonly negativeTrustAnchors?: readonly { readonly zone: Name | string; readonly until: number | Date }[]
  /** The time of validation, in Unix seconds or a Date, or a function that gives it; else the system's clock. */
  readonly now?: number | Date | (() => number | Date)
  /** Milliseconds for one whole lookup. */
  readonly timeout?: number
  /** Exchanges for one question to the network, over all upstreams. */
  readonly attempts?: number
  /** Milliseconds for the first exchange with an upstream; doubled in each further round. */
  readonly attemptTimeout?: number
  /** Answers instead of a network, or the path of a file or folder that holds them. */
  readonly fixture?: Fixture | string
  /** Path of a recording that every answer received is appended to. */
  readonly record?: string
  /** The engine for signatures and digests; `native` where nothing is said. */
  readonly crypto?: EngineName
  /**
   * `false` to check every signature on this thread. Else a lookup that is alone, and comes upon zones that are new, has
   * some checked on the threads of libuv, where there are several processors: it ends sooner (by a tenth to a third,
   * measured), and takes a third more of the processors' time.
   */
  readonly threads?: boolean
  /** Limits on the work of one lookup that differ from the defaults. */
  readonly limits?: Partial<ValidationLimits>
  /** `false` lets signatures of algorithms 5 and 7 count for nothing, so that their zones are insecure (RFC 9905). */
  readonly acceptSha1?: boolean
  /** `false` for none, or its bound in octets. */
  readonly cache?: boolean | CacheOptions
  /**
   * Seconds for which an answer that is over may be given where no fresh one can be had; 0, none, where nothing is said
   * (RFC 8767). Such an answer has `stale`. Never for records that decide whom to trust, as TLSA, nor for DANE.
   */
  readonly serveStale?: number
  /**
   * Path of a file that keeps signed messages of upstreams between runs: read at the start, written by `close`. What is
   * in it is validated again, so that a file somebody has changed costs time and nothing else. One that cannot be read
   * is not used, with a warning. Not together with `fixture` or `record`.
   */
  readonly cacheFile?: string
  /** Told of what happens, as a logger of pino; the channels `danelaw:…` of `node:diagnostics_channel` say the same. */
  readonly logger?: Logger
}

export interface CacheOptions {
  /** Bound on all of it. */
  readonly octets?: number
  /**
   * `false` asks for every name, also where records at hand prove that it does not exist (RFC 8198). Without a network,
   * and where a recording is made, every name is asked for in any case.
   */
  readonly aggressive?: boolean
}

/** Options as the resolver works with them. */
export interface Settings {
  readonly source:
    | { readonly kind: 'fixture'; readonly fixture: Fixture }
    | {
        readonly kind: 'network'
        readonly upstreams: readonly UpstreamSpec[]
        readonly attempts: number
        readonly attemptTimeout: number
        readonly sockets: number
        /** Who knows the addresses of upstreams given by name; undefined where they are among the upstreams. */
        readonly bootstrap: readonly UpstreamSpec[] | undefined
        readonly authorities: string | undefined
        readonly randomCase: boolean
      }
  readonly anchors: TrustAnchors
  /** Path. */
  readonly anchorState: string | undefined
  /** Unix seconds. */
  readonly now: () => number
  readonly timeout: number
  readonly record: string | undefined
  readonly crypto: EngineName
  readonly threads: boolean
  readonly limits: ValidationLimits
  readonly acceptSha1: boolean
  /** Octets; 0 for no cache. */
  readonly cacheOctets: number
  readonly aggressive: boolean
  /** Seconds. */
  readonly serveStale: number
  /** Path. */
  readonly cacheFile: string | undefined
  readonly logger: Logger | undefined
}

/**
 * @throws {TypeError | RangeError} that names the option.
 * @throws {DanelawError} `bad-address`, `no-upstream`, `bad-anchor`, `bad-name`, `bad-fixture`, `file`.
 */
export function readSettings(options: ResolverOptions): Settings {
  // A misspelt option must not leave a resolver with less protection than its caller believes it has.
  for (const name of Object.keys(options)) {
    if (!OPTIONS.has(name as keyof ResolverOptions)) throw new TypeError(`options.${name}: no such option`)
  }
  const crypto = options.crypto ?? 'native'
  if (!ENGINES.has(crypto)) throw new RangeError(`options.crypto: '${crypto}' is none of ${[...ENGINES].join(', ')}`)
  const { cache = true, acceptSha1 = true, threads = true, record } = options
  for (const name of ['trustAnchorConfig', 'trustAnchorState'] as const) {
    if (!['string', 'undefined'].includes(typeof options[name])) throw new TypeError(`options.${name}: not a path`)
  }
  if (typeof acceptSha1 !== 'boolean') throw new TypeError('options.acceptSha1: not a boolean')
  if (typeof threads !== 'boolean') throw new TypeError('options.threads: not a boolean')
  if (record !== undefined && typeof record !== 'string') throw new TypeError('options.record: not a path')
  const { octets, aggressive = true } = typeof cache === 'object' ? cache : {}
  const cacheOctets = within('options.cache.octets', RESOLVER_LIMITS.cacheOctets, octets)
  if (typeof aggressive !== 'boolean') throw new TypeError('options.cache.aggressive: not a boolean')
  const negative = (options.negativeTrustAnchors ?? []).map(negativeAnchor)
  return {
    now: clock(options.now),
    timeout: within('options.timeout', RESOLVER_LIMITS.lookupTimeout, options.timeout),
    limits: validationLimits(options.limits),
    anchors: gatherAnchors(options.trustAnchors, negative, options.trustAnchorConfig),
    anchorState: options.trustAnchorState,
    source: source(options),
    cacheOctets: cache === false ? 0 : cacheOctets,
    // A recording is to hold every answer that its replay will ask for, and a replay is to do as the recording did.
    aggressive: aggressive && options.fixture === undefined && record === undefined,
    cacheFile: readCacheFile(options),
    logger: readLogger(options.logger),
    serveStale: within('options.serveStale', RESOLVER_LIMITS.serveStale, options.serveStale),
    record,
    crypto,
    threads,
    acceptSha1,
  }
}

function readCacheFile({ cacheFile, fixture, record }: ResolverOptions): string | undefined {
  if (cacheFile === undefined) return undefined
  if (typeof cacheFile !== 'string') throw new TypeError('options.cacheFile: not a path')
  // A fixture is all there is to know, and a recording is to hold all that its replay will ask for.
  if (fixture !== undefined) throw new TypeError('options.cacheFile: not with a fixture')
  if (record !== undefined) throw new TypeError('options.cacheFile: not with a recording')
  return cacheFile
}

function readLogger(logger: Logger | undefined): Logger | undefined {
  if (logger === undefined) return undefined
  for (const method of ['debug', 'info', 'warn'] as const) {
    if (typeof logger?.[method] !== 'function') throw new TypeError(`options.logger: has no method '${method}'`)
  }
  return logger
}

function source(options: ResolverOptions): Settings['source'] {
  const attempts = within('options.attempts', RESOLVER_LIMITS.attempts, options.attempts)
  const attemptTimeout = within('options.attemptTimeout', RESOLVER_LIMITS.attemptTimeout, options.attemptTimeout)
  const { fixture } = options
  if (fixture !== undefined) {
    if (options.upstreams !== undefined) throw new TypeError('options.upstreams: a fixture has none')
    return { kind: 'fixture', fixture: typeof fixture === 'string' ? loadFixture(fixture) : fixture }
  }
  const { randomCase = false } = options
  if (typeof randomCase !== 'boolean') throw new TypeError('options.randomCase: not a boolean')
  const authorities = readAuthorities(options.upstreamAuthorities)
  const common = { kind: 'network', sockets: RESOLVER_LIMITS.sockets.value, authorities, randomCase } as const
  if (options.upstreams !== undefined) {
    const upstreams = given(options.upstreams)
    return { ...common, upstreams, bootstrap: bootstrapFor(upstreams), attempts, attemptTimeout }
  }
  const system = systemConfig()
  const { min, max } = RESOLVER_LIMITS.attempts
  const all = system.attempts === undefined ? attempts : system.attempts * system.upstreams.length
  return {
    ...common,
    bootstrap: undefined,
    upstreams: system.upstreams,
    attempts: options.attempts ?? Math.min(Math.max(all, min), max),
    attemptTimeout: options.attemptTimeout ?? system.attemptTimeout ?? attemptTimeout,
  }
}

/** Who knows the addresses of upstreams that are all given by name: one has to, and never the system's own resolver. */
export function bootstrapFor(upstreams: readonly UpstreamSpec[]): readonly UpstreamSpec[] | undefined {
  return upstreams.some(hasAddress) ? undefined : systemConfig().upstreams
}

function given(upstreams: readonly string[]): UpstreamSpec[] {
  if (!Array.isArray(upstreams) || upstreams.some((text) => typeof text !== 'string')) {
    throw new TypeError('options.upstreams: not a list of strings')
  }
  if (upstreams.length === 0)
    throw new DanelawError('no-upstream', 'no upstream to ask: the list of upstreams is empty')
  const { max } = RESOLVER_LIMITS.upstreams
  if (upstreams.length > max) throw new RangeError(`options.upstreams: ${upstreams.length}, where ${max} is the limit`)
  return upstreams.map(parseUpstream)
}

/** TLS would be silent about what it cannot read, and then know no authority at all. */
function readAuthorities(pem: string | undefined): string | undefined {
  if (pem === undefined) return undefined
  if (typeof pem !== 'string') throw new TypeError('options.upstreamAuthorities: not certificates in PEM')
  try {
    for (const [certificate] of pem.matchAll(PEM_CERTIFICATE)) new X509Certificate(certificate)
  } catch (error) {
    throw new DanelawError('bad-certificate', 'options.upstreamAuthorities: a certificate that cannot be read', {
      cause: error,
    })
  }
  if (pem.match(PEM_CERTIFICATE) === null) {
    throw new DanelawError('bad-certificate', 'options.upstreamAuthorities: holds no certificate in PEM')
  }
  return pem
}

function negativeAnchor(
  { zone, until }: { zone: Name | string; until: number | Date },
  index: number,
): NegativeTrustAnchor {
  const name = zone instanceof Name ? zone : Name.parse(zone)
  return { zone: name, until: unixSeconds(until, `options.negativeTrustAnchors[${index}].until`) }
}

function clock(now: ResolverOptions['now']): () => number {
  if (now === undefined) return () => Math.floor(Date.now() / 1000)
  if (typeof now === 'function') return () => unixSeconds(now(), 'options.now')
  const fixed = unixSeconds(now, 'options.now')
  return () => fixed
}

/** Whole Unix seconds. What can only be milliseconds is refused: it would make every signature look expired. */
function unixSeconds(time: number | Date, option: string): number {
  const seconds = Math.floor(time instanceof Date ? time.getTime() / 1000 : time)
  if (typeof time !== 'number' && !(time instanceof Date)) throw new TypeError(`${option}: neither a number nor a Date`)
  if (!(seconds >= 0 && seconds <= LATEST)) throw new RangeError(`${option}: ${time} is not a time in Unix seconds`)
  return seconds
}

/** The year 5138 in seconds, 1973 in milliseconds. */
const LATEST = 100_000_000_000

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

const ENGINES: ReadonlySet<EngineName> = new Set<EngineName>(['native', 'noble', 'both'])

const OPTIONS: ReadonlySet<keyof ResolverOptions> = new Set<keyof ResolverOptions>([
  'upstreams',
  'upstreamAuthorities',
  'randomCase',
  'trustAnchors',
  'trustAnchorConfig',
  'trustAnchorState',
  'negativeTrustAnchors',
  'now',
  'timeout',
  'attempts',
  'attemptTimeout',
  'fixture',
  'record',
  'crypto',
  'threads',
  'limits',
  'acceptSha1',
  'cache',
  'serveStale',
  'cacheFile',
  'logger',
])
