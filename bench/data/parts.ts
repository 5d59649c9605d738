import type { CryptoEngine, PublicKey } from '../../src/dnssec/crypto/engine.ts'
import { nsec3Hash, nsec3HashBlocks } from '../../src/dnssec/crypto/nsec3-hash.ts'
import { parseMessage } from '../../src/wire/message.ts'
import { Name } from '../../src/wire/name.ts'
import { type Effort, race, repeat } from '../harness.ts'
import type { Chain } from './chain.ts'
import { walk, walkAside } from './walk.ts'
import { knowingAnswers, recording, type Work } from './work.ts'

/** The parts a cold walk of a chain is made of, each to be done alone. */
export interface Parts {
  readonly work: Work
  /** SHA-1 blocks of NSEC3 hashes. */
  readonly hashBlocks: number
  /** Validates from the octets, with nothing known. */
  readonly cold: () => string
  /** The same as the resolver does it, with other threads' help. */
  readonly coldAside: () => Promise<string>
  readonly parse: () => void
  readonly importKeys: () => void
  /** With keys at hand that were used before. @throws {TypeError} where a signature does not hold. */
  readonly verify: () => void
  /** The digests of keys for DS, and the hashes of names for NSEC3. */
  readonly hash: () => void
  /** The walk with everything it asks of the engine known beforehand: parsing, and what the validator itself does. */
  readonly hollow: () => string
  /** Parse, import, and verify with the keys just imported: what no validation from the octets can spare. */
  readonly floor: () => void
}

/**
 * @param iterations of NSEC3, where the answer is denied so
 * @throws {TypeError} where the chain does not come out as it should.
 */
export function partsOf(chain: Chain, engine: CryptoEngine, iterations = 0): Parts {
  const { anchors, exchanges, question } = chain
  const walked = (by: CryptoEngine) => {
    let step = 0
    const answer = walk({ anchors, engine: by }, question.name, question.type, () => exchanges[step++]!.wire)
    if (answer.status !== chain.status) throw new TypeError(`the chain ${chain.name} is ${answer.status}`)
    return answer
  }
  const { engine: recorder, work } = recording(engine)
  const hashBlocks = walked(recorder).spent.nsec3HashBlocks
  const checks = work.checks.map((check) => ({ ...check, key: importKey(engine, check) }))
  const keyOf = work.checks.map(({ publicKey }) => work.imports.findIndex((entry) => entry.publicKey === publicKey))
  const hashNames = hashing(question.name, hashBlocks, iterations)
  const parse = (): void => {
    for (const { wire } of exchanges) parseMessage(wire)
  }
  const answering = knowingAnswers(engine, work)
  return {
    work,
    hashBlocks,
    cold: () => walked(engine).status,
    async coldAside() {
      let step = 0
      const next = (): Uint8Array => exchanges[step++]!.wire
      const { status } = await walkAside({ anchors, engine }, question.name, question.type, next)
      if (status !== chain.status) throw new TypeError(`the chain ${chain.name} is ${status}`)
      return status
    },
    hollow: () => walked(answering()).status,
    parse,
    importKeys() {
      for (const { algorithm, publicKey } of work.imports) engine.importKey(algorithm, publicKey)
    },
    verify() {
      for (const { key, signature, data } of checks) {
        if (!key.verify(signature, data)) throw new TypeError('a signature of the chain does not hold')
      }
    },
    hash() {
      for (const { digestType, data } of work.digests) engine.digest(digestType, data)
      hashNames()
    },
    floor() {
      parse()
      // The first check with a key costs OpenSSL more than later ones, and a cold walk has hardly any others.
      const keys = work.imports.map((entry) => importKey(engine, entry))
      for (const [index, { signature, data }] of work.checks.entries()) {
        if (!keys[keyOf[index]!]!.verify(signature, data)) throw new TypeError('a signature of the chain does not hold')
      }
    },
  }
}

/**
 * Walks all of them until the walk is compiled to the end, which takes thousands of validations, and for all the kinds
 * of chain it has met until then.
 */
export async function warmedUp(chains: readonly Pick<Parts, 'cold'>[], effort: Effort): Promise<void> {
  const all = repeat('all', () => {
    for (const { cold } of chains) cold()
  })
  await race([all], { ...effort, rounds: 0, warmUp: 4 * effort.warmUp })
}

/**
 * As many NSEC3 hashes as a walk made. What a hash costs depends on the number of its blocks alone, and each of these
 * names has one for itself and one for each iteration.
 */
function hashing(name: string, blocks: number, iterations: number): () => void {
  const wire = Name.parse(name).canonicalWire
  const each = nsec3HashBlocks(wire.length, 0, iterations)
  if (blocks % each !== 0) throw new RangeError(`iterations: ${blocks} blocks are not hashes of ${each}`)
  const none = new Uint8Array(0)
  return () => {
    for (let hashed = 0; hashed < blocks; hashed += each) nsec3Hash(wire, none, iterations)
  }
}

/** @throws {TypeError} where the octets are no key. */
export function importKey(engine: CryptoEngine, key: { algorithm: number; publicKey: Uint8Array }): PublicKey {
  const imported = engine.importKey(key.algorithm, key.publicKey)
  if (imported === undefined) throw new TypeError(`no key of algorithm ${key.algorithm}`)
  return imported
}
