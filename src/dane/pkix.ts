import { DANE_LIMITS } from '../limits.ts'
import type { Name } from '../wire/name.ts'
import { Presented } from './match.ts'
import { searchAuthorities } from './path/authorities.ts'
import { judgePath } from './path/path-verdict.ts'
import type { PathFailure } from './path/search.ts'
import { readChain } from './path/trust-anchors.ts'

export interface PkixOptions {
  /** Certificates in DER. Each may be where a path ends, self-signed or not. */
  readonly authorities: readonly Uint8Array[]
  /** Names the peer may go by, compared as under DANE-TA(2) (RFC 7672 section 3.2). */
  readonly names: readonly Name[]
  /** Domains of which any name with exactly one label more will do: Postfix's `dot-nexthop`. */
  readonly parents?: readonly Name[]
  /** Unix seconds. */
  readonly at: number
}

/** Why a chain does not pass: that of the path, or of the names. */
interface PkixFailure {
  readonly code: PathFailure['code'] | 'name-mismatch' | 'no-certificate'
  /** One sentence without a final dot. */
  readonly text: string
}

export type PkixVerdict =
  /** `name` is the one the certificate goes by, in lower case without the final dot. */
  | { readonly authenticated: true; readonly name: string; readonly reason: null }
  | { readonly authenticated: false; readonly name: null; readonly reason: PkixFailure }

/**
 * Authenticates a TLS server by authorities and its name (RFC 5280, RFC 6125), under the rules for paths that DANE-TA(2)
 * is held to. An empty chain, an empty list of authorities and an empty list of names never authenticate.
 * @param chainDer the certificates as the server sent them, the leaf first
 */
export function verifyPkix(chainDer: readonly Uint8Array[], options: PkixOptions): PkixVerdict {
  const { authorities, names, parents = [], at } = options
  const [leaf, ...above] = chainDer.map((der) => new Presented(der))
  if (leaf === undefined) return refused('no-certificate', 'the server showed no certificate')
  const limit = DANE_LIMITS.referenceIdentifiers.value
  if (names.length + parents.length > limit) {
    return refused('limit-reached', `${names.length + parents.length} names, where ${limit} are the limit`)
  }
  const chain = readChain(leaf, above, [])
  if ('problem' in chain) return refused('path-invalid', `${chain.label} ${chain.problem}`)
  const path = searchAuthorities(chain, authorities, at, (found) => found.length)
  const outcome = judgePath(chain, path, names, parents)
  if (outcome.kind === 'failed') return refused(outcome.failure.code, outcome.failure.text)
  return { authenticated: true, name: outcome.name.toCanonicalString().slice(0, -1), reason: null }
}

function refused(code: PkixFailure['code'], text: string): PkixVerdict {
  return { authenticated: false, name: null, reason: { code, text } }
}
