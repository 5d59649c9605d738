import type { CryptoEngine } from '../../src/dnssec/crypto/engine.ts'
import { ENGINES, type SignedOnce, signedByEach } from '../data/algorithms.ts'
import { importKey } from '../data/parts.ts'
import { type Contender, type Effort, race, repeat, share, type Timing } from '../harness.ts'
import { opensslSpeed } from '../openssl-speed.ts'
import { type Case, compared, comparedApart, timed } from '../result.ts'

/** One signature check by each engine, what signing costs beside it, and `openssl speed` before and after. */
export const verify: Case = {
  name: 'verify',
  about: 'one signature check with the key at hand, by algorithm and engine; signing; openssl speed in the same run',
  async *run(effort) {
    for (const each of signedByEach()) yield* byAll(each, share(effort, 1 / 3))
  },
}

async function* byAll(each: SignedOnce, effort: Effort) {
  const { name, signers } = each
  const before = speed(each, effort)
  const checking = ENGINES.map((create) => checkingBy(create(), each))
  const signing = Object.entries(signers).map(([engine, sign]) => repeat(`${engine} sign`, sign))
  const timings = await race([...checking, ...signing], effort)
  const after = effort.thorough === true ? speed(each, effort) : undefined

  for (const timing of timings) yield timed('verify', name, timing)
  for (const timing of timings.slice(checking.length)) {
    const check = timings.find((other) => `${other.name} sign` === timing.name)!
    yield compared('verify', name, timing, check)
  }
  const speeds = [before, after].filter((found) => found !== undefined)
  if (speeds.length === 0) return
  const both = (kind: 'sign' | 'verify', label: string): Timing => ({
    name: label,
    samples: speeds.map((found) => found[kind]),
    times: 1,
  })
  const openssl = both('verify', 'openssl speed')
  yield timed('verify', name, openssl, { note: NOTE })
  yield timed('verify', name, both('sign', 'openssl speed sign'), { note: NOTE })
  yield comparedApart('verify', name, timings[0]!, openssl)
}

function checkingBy(engine: CryptoEngine, each: SignedOnce): Contender {
  const { signature, data } = each
  const key = importKey(engine, each)
  return repeat(engine.name, () => {
    if (!key.verify(signature, data)) throw new TypeError(`${each.name}: the signature does not hold`)
  })
}

/** Undefined where there is no time for it, or no such program. */
function speed({ openssl }: SignedOnce, { milliseconds, thorough }: Effort) {
  if (milliseconds === 0 || (thorough !== true && openssl !== 'ecdsap256')) return undefined
  return opensslSpeed(openssl)
}

const NOTE = 'CPU time as that program counts it, before and after the others; it hashes and signs fewer octets'
