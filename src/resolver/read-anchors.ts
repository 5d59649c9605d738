import { RESOLVER_LIMITS } from '../limits.ts'
import { parseAnchorFile } from '../dnssec/anchor-file.ts'
import { ROOT_ANCHORS } from '../dnssec/root-anchors.ts'
import { type NegativeTrustAnchor, type TrustAnchor, TrustAnchors } from '../dnssec/trust-anchors.ts'
import { readText } from './read-text.ts'

/**
 * Where trust anchors come from: an anchor itself; the path of a file; or the text of such a file, which is told from
 * a path by a line break, a `<` in front, or the type of a record in it.
 */
export type AnchorSource = TrustAnchor | URL | string

/** Reads trust-anchor files: root-anchors.xml, or DS and DNSKEY records. @throws {DanelawError} `file`, `bad-anchor` */
export function readAnchors(path: string | URL): TrustAnchor[] {
  return parseAnchorFile(readText(path, RESOLVER_LIMITS.anchorFileOctets.value), String(path))
}

/**
 * The anchors a resolver works with: the built-in ones of the root where none are given.
 * @throws {DanelawError} `file`, `bad-anchor`
 */
export function gatherAnchors(
  given: TrustAnchors | AnchorSource | readonly AnchorSource[] | undefined,
  negative: readonly NegativeTrustAnchor[] = [],
): TrustAnchors {
  if (given instanceof TrustAnchors) {
    return negative.length === 0 ? given : new TrustAnchors(given.anchors, [...given.negative, ...negative])
  }
  if (given === undefined) return new TrustAnchors(ROOT_ANCHORS, negative)
  const sources = Array.isArray(given) ? (given as readonly AnchorSource[]) : [given as AnchorSource]
  return new TrustAnchors(sources.flatMap(anchorsOf), negative)
}

function anchorsOf(source: AnchorSource): readonly TrustAnchor[] {
  if (typeof source === 'string') return isText(source) ? parseAnchorFile(source, 'trustAnchors') : readAnchors(source)
  return source instanceof URL ? readAnchors(source) : [source]
}

function isText(source: string): boolean {
  return /^\s*<|[\r\n]|\s(?:DS|DNSKEY)\s/i.test(source)
}
