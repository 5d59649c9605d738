import type { CryptoEngine, PublicKey } from '../../src/dnssec/crypto/engine.ts'
import { RRType } from '../../src/wire/codes/rrtype.ts'
import { parseMessage } from '../../src/wire/message.ts'
import { type Chain, LEAF } from './chain.ts'
import { walk } from './walk.ts'
import { recording, type Work } from './work.ts'

/** The parts a cold walk of a chain is made of, each to be done alone. */
export interface Parts {
  readonly work: Work
  /** Validates from the octets, with nothing known. */
  readonly cold: () => string
  readonly parse: () => void
  readonly importKeys: () => void
  /** With keys at hand that were used before. @throws {TypeError} where a signature does not hold. */
  readonly verify: () => void
  /** Parse, import, and verify with the keys just imported: what no validation from the octets can spare. */
  readonly floor: () => void
}

/** @throws {TypeError} where the chain does not come out secure. */
export function partsOf(chain: Chain, engine: CryptoEngine): Parts {
  const { anchors, exchanges } = chain
  const cold = (by = engine): string => {
    let step = 0
    const { status } = walk({ anchors, engine: by }, LEAF, RRType.MX, () => exchanges[step++]!.wire)
    if (status !== 'secure') throw new TypeError(`the chain ${chain.name} is ${status}`)
    return status
  }
  const { engine: recorder, work } = recording(engine)
  cold(recorder)
  const checks = work.checks.map((check) => ({ ...check, key: importKey(engine, check) }))
  const keyOf = work.checks.map(({ publicKey }) => work.imports.findIndex((entry) => entry.publicKey === publicKey))
  const parse = (): void => {
    for (const { wire } of exchanges) parseMessage(wire)
  }
  return {
    work,
    cold: () => cold(),
    parse,
    importKeys() {
      for (const { algorithm, publicKey } of work.imports) engine.importKey(algorithm, publicKey)
    },
    verify() {
      for (const { key, signature, data } of checks) {
        if (!key.verify(signature, data)) throw new TypeError('a signature of the chain does not hold')
      }
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

/** @throws {TypeError} where the octets are no key. */
export function importKey(engine: CryptoEngine, key: { algorithm: number; publicKey: Uint8Array }): PublicKey {
  const imported = engine.importKey(key.algorithm, key.publicKey)
  if (imported === undefined) throw new TypeError(`no key of algorithm ${key.algorithm}`)
  return imported
}
