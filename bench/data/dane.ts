/** Certificate chains of three, what DANE makes of them, and the signature checks that nobody can spare. */
import { type KeyObject, verify, X509Certificate } from 'node:crypto'
import { readCertificate } from '../../src/dane/certificate.ts'
import { verifyDane } from '../../src/dane/verify.ts'
import { Name } from '../../src/wire/name.ts'
import type { Tlsa } from '../../src/wire/rdata/tlsa.ts'
import {
  type Certificate,
  type CertificateKey,
  createAuthority,
  createLeaf,
  tlsaFor,
} from '../../test/lab/certificates.ts'

/** Chains of many servers under one intermediate authority. */
export interface ServerChains {
  readonly root: Certificate
  readonly intermediate: Certificate
  readonly leaves: readonly Certificate[]
}

export async function makeServerChains(key: CertificateKey, count: number): Promise<ServerChains> {
  const root = await createAuthority({ commonName: 'Bench Root', key })
  const intermediate = await createAuthority({ commonName: 'Bench Intermediate', key }, root)
  const leaves: Certificate[] = []
  for (let i = 0; i < count; i++) leaves.push(await createLeaf({ names: [HOST], key }, intermediate))
  return { root, intermediate, leaves }
}

/** The leaf alone: DANE-EE(3) with SHA2-256, of the key or the whole certificate. */
export function leafVerdict({ leaves }: ServerChains, selector: number): () => void {
  const all = leaves.map(({ der }) => ({ chain: [new Uint8Array(der)], records: [tlsaFor(der, 3, selector, 1)] }))
  return inTurn(all, authenticate)
}

/** DANE-TA(2) with SHA2-256 of the root, which is sent: a path of three. */
export function anchorVerdict({ root, intermediate, leaves }: ServerChains): () => void {
  const records = [tlsaFor(root.der, 2, 0, 1)]
  const all = leaves.map((leaf) => ({
    chain: [leaf, intermediate, root].map(({ der }) => new Uint8Array(der)),
    records,
  }))
  return inTurn(all, authenticate)
}

/**
 * The two signatures of such a path, of the leaf and of the intermediate authority, by `crypto.verify` with the keys
 * imported, the certificates taken apart and everything used before: no digest, no parsing, no rule, no name.
 */
export function signatureChecks({ root, intermediate, leaves }: ServerChains): () => void {
  const [rootKey, intermediateKey] = [root, intermediate].map(({ der }) => new X509Certificate(der).publicKey)
  const upper = checkOf(intermediate, rootKey!)
  return inTurn(
    leaves.map((leaf) => checkOf(leaf, intermediateKey!)),
    (lower) => {
      if (!lower() || !upper()) throw new TypeError('a signature does not hold')
    },
  )
}

export const HOST = 'mx.example.com'
const NAMES = [Name.parse(HOST)]

function checkOf({ der }: Certificate, key: KeyObject): () => boolean {
  const { tbs, signature } = readCertificate(der)
  const { bits } = signature
  return () => verify('sha256', tbs, key, bits)
}

function authenticate({
  chain,
  records,
}: {
  readonly chain: readonly Uint8Array[]
  readonly records: readonly Tlsa[]
}) {
  const { authenticated } = verifyDane(chain, records, NAMES, { at: AT })
  if (!authenticated) throw new TypeError('a chain is not authenticated')
}

function inTurn<T>(all: readonly T[], once: (each: T) => void): () => void {
  let turn = 0
  return () => once(all[turn++ % all.length]!)
}

const AT = Math.floor(Date.now() / 1000)
