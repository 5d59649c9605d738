import { DanelawError } from '../../errors.ts'
import type { Name } from '../../wire/name.ts'
import type { Presented } from '../match.ts'
import { type Candidate, readCandidate } from './candidate.ts'
import { matchingName, matchingSubdomain, presentedNames } from './identifiers.ts'
import type { PathFailure, PathResult } from './search.ts'
import type { AnchorMatch, Chain } from './trust-anchors.ts'

/** What became of the records that take a path. */
export type PathVerdict<T = AnchorMatch> =
  | { readonly kind: 'found'; readonly match: T; readonly name: Name }
  | {
      readonly kind: 'failed'
      readonly failure: { readonly code: PathFailure['code'] | 'name-mismatch'; readonly text: string }
    }

/**
 * A path is good only for a server that goes by one of the names (RFC 7672 section 3.2).
 * @param parents domains of which any name below will do
 */
export function judgePath<T>(
  chain: Chain,
  result: PathResult<T>,
  references: readonly Name[],
  parents: readonly Name[] = [],
): PathVerdict<T> {
  if (result.kind === 'failed') return result
  const name = checkName(chain.leaf, references, parents)
  if (typeof name === 'string') return { kind: 'failed', failure: { code: 'name-mismatch', text: name } }
  return { kind: 'found', match: result.match, name }
}

/** The reference name that a leaf goes by, whatever its path, or why it goes by none. */
export function leafName(leaf: Presented, references: readonly Name[]): Name | string {
  const candidate = readCandidate(leaf, 'the leaf')
  return 'problem' in candidate ? `${candidate.label} ${candidate.problem}` : checkName(candidate, references)
}

function checkName(leaf: Candidate, references: readonly Name[], parents: readonly Name[] = []): Name | string {
  try {
    const { kind, names } = presentedNames(leaf.certificate, leaf.constraints)
    const name = matchingName(names, references) ?? matchingSubdomain(names, parents)
    if (name !== undefined) return name
    const shown = names.length === 0 ? 'no name' : `${kind} ${some(names, ', ')}`
    const wanted = [...references.map(String), ...parents.map((parent) => `a name below ${parent}`)]
    return `the certificate is for ${shown}, not for ${some(wanted, ' or ') || 'a name that was asked for'}`
  } catch (error) {
    if (!(error instanceof DanelawError)) throw error
    return `the names of the certificate cannot be read: ${error.message}`
  }
}

/** Names come from the peer, in any number and of any length; the text goes into logs and reports. */
function some(names: readonly string[], conjunction: string): string {
  const shown = names
    .slice(0, 3)
    .map((name) => (name.length <= MOST_SHOWN ? name : `${name.slice(0, MOST_SHOWN)}…`))
    .join(conjunction)
  return names.length <= 3 ? shown : `${shown} and ${names.length - 3} more`
}

const MOST_SHOWN = 100
