import { RRType } from '../../src/wire/codes/rrtype.ts'
import type { Denial } from '../../test/lab/signer/sign-zone.ts'
import { type Chain, chainOf, LEAF, pair } from './chain.ts'
import type { ZonePlan } from './tree.ts'

/** An answer of the last of three zones, all signed with P-256. */
export interface KindOfAnswer {
  readonly name: string
  /** What is asked below the last zone. */
  readonly owner: string
  readonly type: number
  readonly denial: 'nsec' | 'nsec3' | 'opt-out'
  /** Of NSEC3, beside the first hash. */
  readonly iterations: number
  readonly status: Chain['status']
}

export const ANSWERS: readonly KindOfAnswer[] = [
  kind('records', 'www', RRType.A, 'nsec'),
  kind('NODATA, NSEC', 'www', RRType.AAAA, 'nsec'),
  kind('NODATA, NSEC3', 'www', RRType.AAAA, 'nsec3'),
  kind('NXDOMAIN, NSEC', 'nope', RRType.A, 'nsec'),
  kind('NXDOMAIN, NSEC3', 'nope', RRType.A, 'nsec3'),
  { ...kind('NXDOMAIN, NSEC3, 10 iterations', 'nope', RRType.A, 'nsec3'), iterations: 10 },
  { ...kind('NXDOMAIN, NSEC3, 50 iterations', 'nope', RRType.A, 'nsec3'), iterations: 50 },
  { ...kind('NXDOMAIN, NSEC3, 100 iterations', 'nope', RRType.A, 'nsec3'), iterations: 100, status: 'insecure' },
  kind('wildcard, NSEC', 'any.wild', RRType.A, 'nsec'),
  kind('wildcard, NSEC3', 'any.wild', RRType.A, 'nsec3'),
  { ...kind('insecure delegation, NSEC', 'www.open', RRType.A, 'nsec'), status: 'insecure' },
  { ...kind('insecure delegation, NSEC3', 'www.open', RRType.A, 'nsec3'), status: 'insecure' },
  { ...kind('insecure delegation, opt-out', 'www.open', RRType.A, 'opt-out'), status: 'insecure' },
]

/** More than 50 are not secure any more, and are not hashed (RFC 9276 section 3.2). */
export const ITERATIONS: readonly number[] = [0, 4, 9, 24, 49]

export function answerChain({ name, owner, type, denial, iterations, status }: KindOfAnswer): Chain {
  const zones: ZonePlan[] = [
    { apex: '.', keys: pair(13) },
    { apex: 'test.', keys: pair(13) },
    { apex: LEAF, keys: pair(13), text: TEXT, denial: denialOf(denial, iterations) },
    { apex: `open.${LEAF}`, keys: [], text: 'www A 192.0.2.6' },
  ]
  return chainOf({ name, about: name, zones, question: { name: `${owner}.${LEAF}`, type }, status })
}

function denialOf(kind: KindOfAnswer['denial'], iterations: number): Denial {
  if (kind === 'nsec') return { kind }
  return { kind: 'nsec3', salt: new Uint8Array(0), iterations, optOut: kind === 'opt-out' }
}

function kind(name: string, owner: string, type: number, denial: KindOfAnswer['denial']): KindOfAnswer {
  return { name, owner, type, denial, iterations: 0, status: 'secure' }
}

const TEXT = [
  'www A 192.0.2.4',
  '*.wild A 192.0.2.5',
  ...Array.from({ length: 16 }, (_, i) => `h${i} A 192.0.2.7`),
].join('\n')
