/** Questions about zones: for what is there, what is not, and what lies next to either. */
import { RRType } from '../../../src/wire/codes/rrtype.ts'
import { Name } from '../../../src/wire/name.ts'
import type { Question, ResourceRecord } from '../../../src/wire/record.ts'

/** Pseudo-random whole numbers below a bound; the same for the same seed (mulberry32). */
export type Random = (below: number) => number

export function seeded(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** Every RRset that the zone answers with, as the question for it. */
export function existing(records: readonly ResourceRecord[]): Question[] {
  const questions = new Map<string, Question>()
  for (const { name, type } of records) {
    if (type === RRType.RRSIG || type === RRType.NSEC3) continue
    questions.set(`${type} ${name.key}`, { name, type, class: 1 })
  }
  return [...questions.values()]
}

/** Endless questions, drawn from what is in the zones, each list of records as likely as the other. */
export function* questions(zones: readonly (readonly ResourceRecord[])[], random: Random): Generator<Question> {
  const pools = zones.map((records) => existing(records))
  for (;;) {
    const pool = pick(pools, random)
    const base = pick(pool, random)
    const change = pick(CHANGES, random)
    const name = changed(base.name, change, random)
    if (name === undefined) continue
    const kept = random(3) === 0
    yield { name, type: kept ? base.type : pick(TYPES, random), class: 1 }
  }
}

type Change = 'same' | 'below' | 'far-below' | 'beside' | 'next' | 'shorter' | 'case' | 'above'

/** Undefined where no such name fits into 255 octets. */
function changed(name: Name, change: Change, random: Random): Name | undefined {
  try {
    const labels = name.labels
    switch (change) {
      case 'same':
        return name
      case 'below':
        return name.prepend(someLabel(random))
      case 'far-below':
        return name.prepend(someLabel(random)).prepend(someLabel(random)).prepend(someLabel(random))
      case 'beside':
        return name.isRoot ? undefined : name.strip(1).prepend(someLabel(random))
      case 'next':
        // The name that directly follows among its siblings (RFC 4471 section 3.1.2).
        return name.isRoot ? undefined : Name.fromLabels([Uint8Array.of(...labels[0]!, 0), ...labels.slice(1)])
      case 'shorter':
        return (labels[0]?.length ?? 0) < 2
          ? undefined
          : Name.fromLabels([labels[0]!.subarray(0, -1), ...labels.slice(1)])
      case 'case':
        return Name.fromLabels(labels.map((label) => label.map((octet) => flip(octet, random))))
      case 'above':
        return name.parent
    }
  } catch {
    return undefined
  }
}

function someLabel(random: Random): Uint8Array {
  if (random(4) !== 0) return new TextEncoder().encode(pick(LABELS, random))
  return Uint8Array.from({ length: 1 + random(3) }, () => random(256))
}

function flip(octet: number, random: Random): number {
  const lower = octet | 0x20
  return lower >= 0x61 && lower <= 0x7a && random(2) === 0 ? octet ^ 0x20 : octet
}

function pick<T>(all: readonly T[], random: Random): T {
  return all[random(all.length)]!
}

const CHANGES: readonly Change[] = [
  'same',
  'same',
  'same',
  'below',
  'below',
  'far-below',
  'beside',
  'beside',
  'next',
  'shorter',
  'case',
  'above',
]

const LABELS = ['a', 'b', 'c', 'www', 'x', 'absent', '*', '_25', '_tcp', 'wild', 'zzz', '0', 'ns', 'mail', 'ent']

const TYPES: readonly number[] = [
  RRType.A,
  RRType.A,
  RRType.A,
  RRType.AAAA,
  RRType.MX,
  RRType.TXT,
  RRType.TXT,
  RRType.TLSA,
  RRType.TLSA,
  RRType.DS,
  RRType.DS,
  RRType.NS,
  RRType.SOA,
  RRType.CNAME,
  RRType.DNAME,
  RRType.NSEC,
  RRType.NSEC3,
  RRType.NSEC3PARAM,
  RRType.DNSKEY,
  RRType.SRV,
  RRType.ANY,
  65280,
]
