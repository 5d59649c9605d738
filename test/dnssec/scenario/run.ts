/** Runs a scenario: builds its zones, asks its question, and hands back what the validator says. */
import type { CryptoEngine } from '../../../src/dnssec/crypto/engine.ts'
import type { KnownZone } from '../../../src/dnssec/zone-keys.ts'
import type { ZoneMemory } from '../../../src/dnssec/zone-memory.ts'
import type { ValidatedAnswer } from '../../../src/dnssec/status.ts'
import {
  type AnchorDs,
  type AnchorKey,
  type NegativeTrustAnchor,
  type TrustAnchor,
  TrustAnchors,
} from '../../../src/dnssec/trust-anchors.ts'
import { validate } from '../../../src/dnssec/validate.ts'
import { type Context, type UpstreamAnswer, questionKey } from '../../../src/dnssec/walk.ts'
import { Budget, validationLimits } from '../../../src/limits.ts'
import { driveAtHand } from '../../../src/resolver/driver.ts'
import { Name } from '../../../src/wire/name.ts'
import { readDnskey, readDs } from '../../../src/wire/rdata/dnssec.ts'
import type { Question } from '../../../src/wire/record.ts'
import { dsFor } from '../../lab/signer/key.ts'
import { type AnchorLine, type Scenario, at, optionsFrom } from './parse.ts'
import { type Upstream, createUpstream } from './replies.ts'
import { parseTime } from './time.ts'
import { type ScenarioZone, buildZones } from './zones.ts'

export interface Prepared {
  readonly scenario: Scenario
  readonly zones: readonly ScenarioZone[]
  readonly upstream: Upstream
  readonly anchors: TrustAnchors
}

export interface Outcome {
  readonly answer: ValidatedAnswer
  /** Everything that was asked, the questions asked ahead included. */
  readonly asked: readonly Question[]
}

export function prepare(scenario: Scenario): Prepared {
  const zones = buildZones(scenario.zones, scenario.clock)
  return { scenario, zones, upstream: createUpstream(scenario, zones), anchors: anchorsOf(scenario, zones) }
}

export interface RunOptions {
  readonly engine: CryptoEngine
  readonly memory?: ZoneMemory
  /** Another upstream than the scenario's own. */
  readonly upstream?: Upstream
}

/** The same as a resolver drives it that has other threads to check signatures. */
export async function runAside(
  { scenario, upstream, anchors }: Prepared,
  options: RunOptions,
): Promise<ValidatedAnswer> {
  return await driveAtHand(
    (complete) => validate(scenario.question, complete(contextFor(scenario, anchors, options))),
    options.upstream ?? upstream,
    { idle: () => true, overdue: () => undefined },
  )
}

export function run({ scenario, upstream, anchors }: Prepared, options: RunOptions): Outcome {
  const answerFor = options.upstream ?? upstream
  const arrived = new Map<string, UpstreamAnswer>()
  const asked: Question[] = []
  const context: Context = {
    ...contextFor(scenario, anchors, options),
    peek: (question) => arrived.get(questionKey(question)),
  }
  const walk = validate(scenario.question, context)
  let step = walk.next()
  while (!step.done) {
    const { start, wait } = step.value
    for (const question of start) {
      asked.push(question)
      arrived.set(questionKey(question), answerFor(question))
    }
    step = walk.next(arrived.get(questionKey(wait))!)
  }
  return { answer: step.value, asked }
}

function contextFor(scenario: Scenario, anchors: TrustAnchors, { engine, memory }: RunOptions): Omit<Context, 'peek'> {
  const limits = Object.fromEntries([...scenario.limits].map(([name, value]) => [name, Number(value)]))
  return {
    now: scenario.clock,
    anchors,
    engine,
    budget: new Budget(validationLimits(limits)),
    memory,
    acceptSha1: scenario.acceptSha1,
  }
}

/** Remembers everything for as long as the test runs. */
export class PlainMemory implements ZoneMemory {
  readonly #zones = new Map<string, KnownZone>()

  closest(name: Name, now: number): KnownZone | undefined {
    for (let labels = name.labelCount; labels >= 0; labels--) {
      const zone = this.#zones.get(name.suffix(labels).key)
      if (zone !== undefined && zone.expires > now) return zone
    }
    return undefined
  }

  put(zone: KnownZone): void {
    this.#zones.set(zone.zone.key, zone)
  }

  get known(): readonly string[] {
    return [...this.#zones.keys()]
  }
}

function anchorsOf(scenario: Scenario, zones: readonly ScenarioZone[]): TrustAnchors {
  const { anchors, clock } = scenario
  const lines = anchors.filter(({ words }) => words[0] !== 'none')
  const given = lines.map((line) => at(line.line, () => anchorFrom(line, zones, clock)))
  const implied = anchors.length > 0 ? [] : [{ ...anchorOf(zones, Name.root, undefined, 2), dnskeys: [] }]
  const negative = scenario.negativeAnchors.map(({ line, words: [zone, until, time] }): NegativeTrustAnchor => {
    if (until !== 'until') throw new Error(`${line.file}:${line.number}: not ZONE until TIME`)
    return { zone: Name.parse(zone!), until: at(line, () => parseTime(time!, clock)) }
  })
  return new TrustAnchors([...given, ...implied], negative)
}

/** `ZONE [dnskey] [key=N] [digest=N] [from=TIME] [until=TIME] [wrong]` */
function anchorFrom(
  { words: [zone, ...rest] }: AnchorLine,
  zones: readonly ScenarioZone[],
  clock: number,
): TrustAnchor {
  const options = optionsFrom(rest)
  const time = (option: string): number => parseTime(options.get(option)!, clock)
  const window = {
    ...(options.has('from') && { validFrom: time('from') }),
    ...(options.has('until') && { validUntil: time('until') }),
  }
  const key = options.get('key')
  const anchor = anchorOf(
    zones,
    Name.parse(zone!),
    key === undefined ? undefined : Number(key),
    Number(options.get('digest') ?? 2),
  )
  const wrong = (octets: Uint8Array): Uint8Array => (options.has('wrong') ? octets.map((octet) => ~octet) : octets)
  if (options.has('dnskey'))
    return { ...anchor, ds: [], dnskeys: anchor.dnskeys.map((entry) => ({ ...entry, ...window })) }
  return { ...anchor, ds: anchor.ds.map((ds) => ({ ...ds, digest: wrong(ds.digest), ...window })), dnskeys: [] }
}

function anchorOf(
  zones: readonly ScenarioZone[],
  apex: Name,
  key: number | undefined,
  digestType: number,
): TrustAnchor {
  const zone = zones.find((candidate) => candidate.served && candidate.apex.equals(apex))
  if (zone === undefined) throw new Error(`there is no zone ${apex}`)
  const all = zone.keys.map((entry) => entry.key)
  const keys = key === undefined ? all.filter(({ role }) => role === 'csk' || role === 'ksk') : [all[key - 1]!]
  const ds = keys.map((entry): AnchorDs => readDs(dsFor(entry, apex, digestType).rdata))
  const dnskeys = keys.map((entry): AnchorKey => ({ ...readDnskey(entry.rdata), rdata: entry.rdata }))
  return { zone: apex, ds, dnskeys }
}
