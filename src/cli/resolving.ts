import { TrustAnchors } from '../dnssec/trust-anchors.ts'
import { DanelawError } from '../errors.ts'
import { RESOLVER_LIMITS } from '../limits.ts'
import { anchorWarnings } from '../resolver/anchors/warnings.ts'
import type { Logger } from '../resolver/events.ts'
import { readAnchors } from '../resolver/read-anchors.ts'
import { Resolver } from '../resolver/resolver.ts'
import { parseUpstream } from '../resolver/upstream-spec.ts'
import { readName } from './argument-readers.ts'
import type { Input } from './command.ts'
import type { Io } from './io.ts'
import { flag, list, optional, type OptionTable, readChoice, readNumber, readPath, reader } from './option.ts'
import { printable } from './paint.ts'
import { parseTime } from './time.ts'

/** What every command that resolves has. */
export const RESOLVING_OPTIONS = {
  fixture: optional('PATH', readPath, 'no network: answer from zone files, records, an RFC 9102 chain, a recording'),
  record: optional('FILE', readPath, 'append every answer received to a recording'),
  cache: optional('FILE', readPath, 'keep answers between runs; what is in the file is validated again'),
  anchor: list(
    'FILE',
    readPath,
    'trust anchors instead of the built-in ones of the root: root-anchors.xml, or DS or DNSKEY records',
  ),
  'anchors-config': optional(
    'FILE',
    readPath,
    'more trust anchors, for single zones, and negative ones: lines of anchor, anchor-file, negative',
  ),
  'anchor-state': optional(
    'FILE',
    readPath,
    'trust anchors as they have followed their zones (RFC 5011): what danelaw anchors update keeps',
  ),
  'negative-anchor': list(
    'ZONE=UNTIL',
    readNegativeAnchor,
    'validate nothing at and below a zone until a time (RFC 7646)',
  ),
  at: optional('TIME', parseTime, 'validate as of that time: RFC 3339, YYYYMMDDHHmmSS, or Unix seconds'),
  timeout: optional(
    'MS',
    readNumber(RESOLVER_LIMITS.lookupTimeout.min, RESOLVER_LIMITS.lookupTimeout.max),
    `milliseconds for one whole lookup; default: ${RESOLVER_LIMITS.lookupTimeout.value}`,
  ),
  crypto: optional(
    'ENGINE',
    readChoice('native', 'noble', 'both'),
    'what verifies signatures: native (default), noble, or both, which must agree',
  ),
  'no-sha1': flag('count no signature of algorithms 5 and 7 (RFC 9905)'),
} as const satisfies OptionTable

/** A resolver as the options want it, and the time it lives in. */
export interface Resolving {
  readonly resolver: Resolver
  /** Unix seconds: `--at`, or the time now. */
  readonly now: number
}

/**
 * Runs `work` with a resolver, which is closed whatever happens.
 * @throws {DanelawError} where the options do not go together, or a file cannot be used.
 */
export async function withResolver<T>(
  { servers, options }: Input<typeof RESOLVING_OPTIONS>,
  io: Io,
  work: (resolving: Resolving) => Promise<T>,
): Promise<T> {
  if (options.fixture !== undefined && servers.length > 0) {
    throw new DanelawError('usage', `--fixture and @${servers[0]} exclude each other`, {
      hint: 'a fixture is asked instead of upstreams',
    })
  }
  for (const other of ['fixture', 'record'] as const) {
    if (options.cache === undefined || options[other] === undefined) continue
    throw new DanelawError('usage', `--cache and --${other} exclude each other`, {
      hint: other === 'fixture' ? 'a fixture is all there is' : 'a recording is to hold every answer',
    })
  }
  const { max } = RESOLVER_LIMITS.upstreams
  if (servers.length > max) throw new DanelawError('usage', `${servers.length} upstreams, where ${max} is the limit`)
  // Read here for the error, so that what is wrong is told before a file is opened.
  for (const server of servers) reader(parseUpstream)(server, `@${server}`)
  const { at, cache, fixture, record, timeout, crypto } = options
  const resolver = new Resolver({
    ...(servers.length > 0 && { upstreams: servers }),
    ...(options.anchor.length > 0 && { trustAnchors: new TrustAnchors(options.anchor.flatMap(readAnchors)) }),
    ...(options['anchors-config'] !== undefined && { trustAnchorConfig: options['anchors-config'] }),
    ...(options['anchor-state'] !== undefined && { trustAnchorState: options['anchor-state'] }),
    ...(options['negative-anchor'].length > 0 && { negativeTrustAnchors: options['negative-anchor'] }),
    ...(at !== undefined && { now: at }),
    ...(fixture !== undefined && { fixture }),
    ...(record !== undefined && { record }),
    ...(cache !== undefined && { cacheFile: cache, logger: warningsTo(io) }),
    ...(timeout !== undefined && { timeout }),
    ...(crypto !== undefined && { crypto }),
    // To start them takes a command longer than they could save it.
    threads: false,
    acceptSha1: !options['no-sha1'],
  })
  const now = at ?? io.now()
  const { trustAnchors, trustPoints } = resolver
  const warnings = anchorWarnings(trustAnchors, now, { trustPoints, systemClock: at === undefined })
  if (warnings.length > 0) io.stderr.write(`danelaw: ${printable(warnings.join('; '))}\n`)
  try {
    return await work({ resolver, now })
  } finally {
    await resolver.close()
  }
}

/** Warnings as lines of the program; what else a logger is told of, the output says. */
function warningsTo(io: Io): Logger {
  const nothing = (): void => undefined
  const warn = (details: object, message: string): void => {
    if ('file' in details) io.stderr.write(`danelaw: ${printable(message)}\n`)
  }
  return { debug: nothing, info: nothing, warn, isLevelEnabled: (level) => level === 'warn' }
}

function readNegativeAnchor(text: string, name: string) {
  const at = text.lastIndexOf('=')
  if (at < 1) {
    throw new DanelawError('usage', `'${text}' is not a zone and a time`, {
      place: { option: name },
      hint: 'write example.com=2026-12-01T00:00:00Z',
    })
  }
  return { zone: reader(readName)(text.slice(0, at), name), until: parseTime(text.slice(at + 1), name) }
}
