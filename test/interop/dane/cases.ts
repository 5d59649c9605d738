/** What is asked about each chain: records, names and times. */
import { createHash } from 'node:crypto'
import type { Tlsa } from '../../../src/wire/rdata/tlsa.ts'
import { AT, HOST, type Shape } from './builders.ts'
import type { Made } from './x509.ts'

export interface Case {
  readonly shape: Shape
  readonly records: readonly Tlsa[]
  /** Of each record, by the certificate that it is for; null for one that is for none. */
  readonly targets: readonly (Made | null)[]
  readonly names: readonly string[]
  readonly at: number
  /** Whether usages 0 and 1 are in force, with the authorities of the shape. */
  readonly pkix: boolean
}

/** Records of every kind for every certificate, then names and times, then sets drawn by `random`. */
export function* cases(shape: Shape, random: () => number, sets: number): Generator<Case> {
  const plain = { shape, names: [HOST], at: AT, pkix: false }
  const targets = [...new Set([...shape.sent, ...shape.absent])]
  // Of long chains both ends are enough.
  const some = targets.length <= 5 ? targets : [...targets.slice(0, 3), ...targets.slice(-2)]
  for (const target of some) {
    for (const usage of [0, 1, 2, 3]) {
      const pkix = usage < 2
      for (const [selector, type] of pkix ? PARAMETERS.slice(2, 4) : PARAMETERS) {
        yield { ...plain, records: [tlsa(target, usage, selector, type)], targets: [target], pkix }
      }
    }
  }

  const top = targets.at(-1)!
  const anchor = tlsa(top, 2, 0, 0)
  for (const names of shape.about === 'names' ? NAMES : NAMES.slice(0, 2))
    yield { ...plain, records: [anchor], targets: [top], names }
  for (const at of shape.about === 'times' ? TIMES : TIMES.slice(-2))
    yield { ...plain, records: [anchor], targets: [top], at }
  for (const usage of [0, 1]) yield { ...plain, records: [tlsa(targets[0]!, usage, 1, 1)], targets: [targets[0]!] }

  const draw = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  for (let i = 0; i < sets; i++) {
    const pkix = random() < 0.3
    const usages = pkix ? [0, 1, 2, 3] : [2, 3]
    const drawn = Array.from({ length: 2 + Math.floor(random() * 4) }, () => {
      const target = draw(targets)
      const record = tlsa(target, draw(usages), draw([0, 1]), draw([0, 1, 2]))
      return random() < 0.3 ? { target: null, record: spoilt(record, draw(SPOILERS)) } : { target, record }
    })
    yield {
      shape,
      records: drawn.map(({ record }) => record),
      targets: drawn.map(({ target }) => target),
      names: draw([...NAMES, [HOST], [HOST], [HOST]]),
      at: draw([...TIMES, AT, AT, AT, AT]),
      pkix,
    }
  }
}

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function tlsa(target: Made, usage: number, selector: number, matchingType: number): Tlsa {
  const selected = selector === 0 ? target.der : target.key.spki
  const hash = [undefined, 'sha256', 'sha512'][matchingType]
  const data = hash === undefined ? selected : createHash(hash).update(selected).digest()
  return { usage, selector, matchingType, data }
}

function spoilt(record: Tlsa, how: (data: Buffer) => Uint8Array): Tlsa {
  return { ...record, data: how(Buffer.from(record.data)) }
}

const SPOILERS: readonly ((data: Buffer) => Uint8Array)[] = [
  (data) => {
    data[data.length - 1]! ^= 1
    return data
  },
  (data) => data.subarray(0, -1),
  (data) => Buffer.concat([data, Buffer.of(0)]),
  () => Buffer.alloc(0),
]

const PARAMETERS = [0, 1].flatMap((selector) => [0, 1, 2].map((matchingType) => [selector, matchingType] as const))
const NAMES = [
  ['other.example.net'],
  ['example.com', HOST],
  ['MX.EXAMPLE.COM'],
  ['mx.xn--bcher-kva.example'],
  ['example.test', 'a.mx.example.com'],
  ['_mx.example.com'],
]
const TIMES = [AT - 400 * 86_400, AT - 1, AT + 1, AT + 60 * 86_400, AT + 120 * 86_400]
