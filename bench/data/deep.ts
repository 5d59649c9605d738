import { RRType } from '../../src/wire/codes/rrtype.ts'
import type { KeyOptions } from '../../test/lab/signer/key.ts'
import { type Chain, chainOf, pair } from './chain.ts'

/** Zones below the root. */
export const DEPTHS: readonly number[] = [1, 2, 3, 4, 5, 6]

/** What the zones of a deep chain are signed with. */
export const SIGNED_WITH = ['rsa', 'p256', 'ed25519', 'mixed'] as const

/** A chain of `depth` zones below the root, each directly below the one before, and the MX records of the last. */
export function deepChain(keys: (typeof SIGNED_WITH)[number], depth: number): Chain {
  const labels = Array.from({ length: depth }, (_, i) => `z${i + 1}.`)
  const apexes = [
    '.',
    ...labels.map((_, i) =>
      labels
        .slice(0, i + 1)
        .reverse()
        .join(''),
    ),
  ]
  const zones = apexes.map((apex, i) => ({ apex, keys: keysOf(keys, i), text: '@ MX 10 mx\nmx A 192.0.2.4' }))
  const question = { name: apexes.at(-1)!, type: RRType.MX }
  return chainOf({ name: `${keys} ${depth}`, about: `${depth} zones below the root`, zones, question })
}

/** Mixed: RSA at the root, then P-256, Ed25519 and RSA in turns. */
function keysOf(keys: (typeof SIGNED_WITH)[number], zone: number): KeyOptions[] {
  if (keys === 'mixed') return pair([8, 13, 15][zone % 3]!)
  return pair({ rsa: 8, p256: 13, ed25519: 15 }[keys])
}
