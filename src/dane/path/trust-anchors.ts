import { DANE_LIMITS } from '../../limits.ts'
import type { Tlsa } from '../../wire/rdata/tlsa.ts'
import { Presented } from '../match.ts'
import { type Candidate, readAuthority, readCandidate, recordMatches, type Unreadable } from './candidate.ts'
import { importPublicKey } from './public-key.ts'
import { type BareKey, type PathResult, searchPath } from './search.ts'

/** A record that a path satisfies, and the place of what it matches. */
export interface AnchorMatch {
  readonly tlsa: Tlsa
  readonly depth: number
}

/** A certificate chain in which a path may be looked for. */
export interface Chain {
  readonly leaf: Candidate
  /** What the server sent above the leaf, none twice, and only what can have a place in a path. */
  readonly sent: readonly Candidate[]
  /** Whole certificates from records, which the server did not send (RFC 7671 section 5.2.1). */
  readonly published: readonly Candidate[]
  readonly unreadable: readonly Unreadable[]
}

/**
 * Takes a chain apart, or says why its leaf cannot be the end of a path.
 * @param records those in force, which may bring certificates along
 */
export function readChain(leaf: Presented, above: readonly Presented[], records: readonly Tlsa[]): Chain | Unreadable {
  const first = readCandidate(leaf, 'the leaf')
  if ('problem' in first) return first
  const sent: Candidate[] = []
  const unreadable: Unreadable[] = []
  for (const [index, presented] of above.slice(0, DANE_LIMITS.certificates.value - 1).entries()) {
    if ([first, ...sent].some((other) => isSame(other, presented.der))) continue
    const candidate = readAuthority(presented, `certificate ${index + 1}`)
    if ('problem' in candidate) unreadable.push(candidate)
    else sent.push(candidate)
  }
  return { leaf: first, sent, published: certificatesOf([first, ...sent], records), unreadable }
}

/**
 * DANE-TA(2): a path to an issuer that a record matches (RFC 7671 section 5.2). A full certificate in a record is an
 * issuer too, sent or not; a full key signs for itself where no certificate has it. The leaf never matches.
 */
export function findTrustAnchor(chain: Chain, records: readonly Tlsa[], at: number): PathResult<AnchorMatch> {
  const recordOf = (issuer: Candidate) => records.find((tlsa) => recordMatches(issuer, tlsa))
  return searchPath(chain.leaf, {
    issuers: [...chain.sent, ...chain.published],
    bareKeys: records.flatMap((tlsa) => bareKey(chain, tlsa) ?? []),
    at,
    isAnchor: (issuer) => recordOf(issuer) !== undefined,
    reached: (path) => {
      const tlsa = recordOf(path[path.length - 1]!)
      return tlsa === undefined ? undefined : { tlsa, depth: path.length - 1 }
    },
    wanted: 'that a TLSA record matches',
  })
}

function certificatesOf(known: readonly Candidate[], records: readonly Tlsa[]): Candidate[] {
  const found: Candidate[] = []
  for (const { usage, selector, matchingType, data } of records) {
    if (usage % 2 === 1 || selector !== 0 || matchingType !== 0) continue
    if ([...known, ...found].some((other) => isSame(other, data))) continue
    const candidate = readAuthority(new Presented(data), 'the certificate in the TLSA record')
    if (!('problem' in candidate)) found.push(candidate)
  }
  return found
}

/** Full keys in records sign for themselves (RFC 7671 section 5.2.2). */
function bareKey({ sent }: Chain, tlsa: Tlsa): BareKey<AnchorMatch> | undefined {
  if (tlsa.selector !== 1 || tlsa.matchingType !== 0) return undefined
  const key = importPublicKey(tlsa.data)
  if (key === undefined) return undefined
  const certificates = sent.filter((candidate) => recordMatches(candidate, tlsa))
  return { key, certificates, reached: (path) => ({ tlsa, depth: path.length }) }
}

/** Whether it is this certificate, to the octet. */
export function isSame({ presented }: Candidate, der: Uint8Array): boolean {
  return Buffer.compare(presented.der, der) === 0
}
