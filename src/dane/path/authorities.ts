import { DanelawError } from '../../errors.ts'
import type { Tlsa } from '../../wire/rdata/tlsa.ts'
import { readCertificate } from '../certificate.ts'
import { Presented } from '../match.ts'
import { type Candidate, readAuthority, recordMatches } from './candidate.ts'
import type { TlsaRules } from '../usability.ts'
import { distinguishedNameKey } from './distinguished-name.ts'
import { type PathResult, searchPath } from './search.ts'
import { type AnchorMatch, type Chain, isSame } from './trust-anchors.ts'

/**
 * PKIX-TA(0) and PKIX-EE(1): a path to one of the authorities on which a record matches (RFC 6698 section 2.1.1): for
 * usage 1 the leaf, for usage 0 any issuer, the authority included.
 */
export function findAuthority(
  chain: Chain,
  records: readonly Tlsa[],
  { pkix }: Pick<TlsaRules, 'pkix'>,
  at: number,
): PathResult<AnchorMatch> {
  let trusted: string | undefined
  const result = searchAuthorities(chain, typeof pkix === 'string' ? [] : pkix.authorities, at, (path) => {
    trusted ??= path[path.length - 1]!.label
    return matchOn(path, records)
  })
  if (result.kind === 'found' || trusted === undefined) return result
  const text = `the chain leads to ${trusted}, and no TLSA record matches a certificate on the way`
  return { kind: 'failed', failure: { code: 'no-match', text } }
}

/**
 * A path to one of the authorities, whatever TLSA records say.
 * @param reached what a valid path is good for; undefined where for nothing, and the search goes on
 */
export function searchAuthorities<T>(
  chain: Chain,
  authorities: readonly Uint8Array[],
  at: number,
  reached: (path: readonly Candidate[]) => T | undefined,
): PathResult<T> {
  const anchors = new Set<Candidate>()
  const issuers = [...chain.sent, ...chain.published]
  for (const candidate of authoritiesAbove([chain.leaf, ...issuers], authorities)) {
    // A leaf is not its own authority, as little as it is its own trust anchor.
    if (isSame(chain.leaf, candidate.presented.der)) continue
    const known = issuers.find((issuer) => isSame(issuer, candidate.presented.der))
    if (known === undefined) issuers.push(candidate)
    anchors.add(known ?? candidate)
  }
  const isAnchor = (issuer: Candidate): boolean => anchors.has(issuer)
  const result = searchPath(chain.leaf, { issuers, bareKeys: [], at, isAnchor, reached, wanted: 'of an authority' })
  if (result.kind === 'found') return result
  const { code, text } = result.failure
  return code === 'no-match' ? { kind: 'failed', failure: { code: 'path-invalid', text } } : result
}

function matchOn(path: readonly Candidate[], records: readonly Tlsa[]): AnchorMatch | undefined {
  for (const tlsa of records) {
    const depth = path.findIndex((candidate, i) => i > 0 === (tlsa.usage === 0) && recordMatches(candidate, tlsa))
    if (depth >= 0) return { tlsa, depth }
  }
  return undefined
}

/** Those that names lead to from what is there: of a whole list of authorities few are worth taking apart. */
function authoritiesAbove(below: readonly Candidate[], authorities: readonly Uint8Array[]): Candidate[] {
  const bySubject = new Map<string, { readonly der: Uint8Array; readonly label: string }[]>()
  for (const [index, der] of authorities.entries()) {
    const subject = subjectOf(der)
    if (subject === undefined) continue
    const same = bySubject.get(subject) ?? []
    bySubject.set(subject, [...same, { der, label: `authority ${index + 1}` }])
  }
  const found: Candidate[] = []
  const wanted = below.map(({ issuerKey }) => issuerKey)
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    for (const { der, label } of bySubject.get(name) ?? []) {
      const candidate = readAuthority(new Presented(der), label)
      if ('problem' in candidate) continue
      found.push(candidate)
      wanted.push(candidate.issuerKey)
    }
    bySubject.delete(name)
  }
  return found
}

/** Undefined for a certificate that cannot be read: nothing is signed by it then. */
function subjectOf(der: Uint8Array): string | undefined {
  try {
    return distinguishedNameKey(readCertificate(der).subject)
  } catch (error) {
    if (error instanceof DanelawError) return undefined
    throw error
  }
}
