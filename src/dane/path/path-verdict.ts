import { DanelawError } from '../../errors.ts'
import type { Name } from '../../wire/name.ts'
import type { Presented } from '../match.ts'
import { type Candidate, readCandidate } from './candidate.ts'
import { matchingName, presentedNames } from './identifiers.ts'
import type { PathFailure, PathResult } from './search.ts'
import type { AnchorMatch, Chain } from './trust-anchors.ts'

/** What became of the records that take a path. */
export type PathVerdict =
  | { readonly kind: 'found'; readonly match: AnchorMatch; readonly name: Name }
  | {
      readonly kind: 'failed'
      readonly failure: { readonly code: PathFailure['code'] | 'name-mismatch'; readonly text: string }
    }

/** A path is good only for a server that goes by one of the names (RFC 7672 section 3.2). */
export function judgePath(chain: Chain, result: PathResult<AnchorMatch>, references: readonly Name[]): PathVerdict {
  if (result.kind === 'failed') return result
  const name = checkName(chain.leaf, references)
  if (typeof name === 'string') return { kind: 'failed', failure: { code: 'name-mismatch', text: name } }
  return { kind: 'found', match: result.match, name }
}

/** The reference name that a leaf goes by, whatever its path, or why it goes by none. */
export function leafName(leaf: Presented, references: readonly Name[]): Name | string {
  const candidate = readCandidate(leaf, 'the leaf')
  return 'problem' in candidate ? `${candidate.label} ${candidate.problem}` : checkName(candidate, references)
}

function checkName(leaf: Candidate, references: readonly Name[]): Name | string {
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
