import type { Name } from '../../wire/name.ts'
import type { Tlsa } from '../../wire/rdata/tlsa.ts'
import { DanelawError } from '../../errors.ts'
import type { Presented } from '../match.ts'
import { recordMatches } from './candidate.ts'
import { matchingName, presentedNames } from './identifiers.ts'
import type { PathFailure } from './search.ts'
import { type AnchorMatch, type Chain, findTrustAnchor, readChain } from './trust-anchors.ts'

/** What became of the DANE-TA(2) records of a set. `whyOf` says why one of them does not match, null for one that does. */
export type AnchorOutcome =
  | {
      readonly kind: 'found'
      readonly match: AnchorMatch
      readonly name: Name
      readonly whyOf: (tlsa: Tlsa) => string | null
    }
  | {
      readonly kind: 'failed'
      readonly failure: { readonly code: PathFailure['code'] | 'name-mismatch'; readonly text: string }
      readonly whyOf: (tlsa: Tlsa) => string
    }

/** DANE-TA(2): a path to a trust anchor, and a name (RFC 7672 sections 3.1.2 and 3.2). */
export function verifyAnchors(
  leaf: Presented,
  above: readonly Uint8Array[],
  records: readonly Tlsa[],
  references: readonly Name[],
  at: number,
): AnchorOutcome {
  const chain = readChain(leaf, above)
  if ('problem' in chain) {
    const text = `${chain.label} ${chain.problem}`
    return { kind: 'failed', failure: { code: 'path-invalid', text }, whyOf: () => text }
  }
  const result = findTrustAnchor(chain, records, at)
  if (result.kind === 'failed') {
    const { failure } = result
    return { kind: 'failed', failure, whyOf: (tlsa) => closeMiss(chain, tlsa, failure) }
  }
  const name = checkName(chain, references)
  if (typeof name === 'string') {
    return { kind: 'failed', failure: { code: 'name-mismatch', text: name }, whyOf: () => name }
  }
  const { match } = result
  const whyOf = (tlsa: Tlsa) => (tlsa === match.tlsa ? null : 'not needed: another record matches')
  return { kind: 'found', match, name, whyOf }
}

/** The reference name that the leaf goes by, or why it goes by none. */
function checkName({ leaf }: Chain, references: readonly Name[]): Name | string {
  try {
    const { kind, names } = presentedNames(leaf.certificate, leaf.constraints)
    const name = matchingName(names, references)
    if (name !== undefined) return name
    const shown = names.length === 0 ? 'no name' : `${kind} ${names.slice(0, 5).join(', ')}`
    return `the certificate is for ${shown}, not for ${references.join(' or ') || 'a name that was asked for'}`
  } catch (error) {
    if (!(error instanceof DanelawError)) throw error
    return `the names of the certificate cannot be read: ${error.message}`
  }
}

/** Says how near a record came, so that the right one can be published or the chain be mended. */
function closeMiss({ leaf, sent, unreadable }: Chain, tlsa: Tlsa, failure: PathFailure): string {
  if (recordMatches(leaf, tlsa)) return 'matches the leaf, which takes usage 3: DANE-TA(2) stands for an issuer'
  const found = sent.find((candidate) => recordMatches(candidate, tlsa))
  if (found !== undefined) return `matches ${found.label}, which is of no use: ${failure.text}`
  const broken = unreadable.find((candidate) => recordMatches(candidate, tlsa))
  if (broken !== undefined) return `matches ${broken.label}, which ${broken.problem}`
  if (tlsa.matchingType === 0) return `leads nowhere: ${failure.text}`
  return 'matches no certificate that the server sent above its own; a digest needs the trust anchor to be sent'
}
