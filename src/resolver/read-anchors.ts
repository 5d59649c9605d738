import { RESOLVER_LIMITS } from '../limits.ts'
import { parseAnchorFile } from '../dnssec/anchor-file.ts'
import { ROOT_ANCHORS } from '../dnssec/root-anchors.ts'
import { type NegativeTrustAnchor, type TrustAnchor, TrustAnchors } from '../dnssec/trust-anchors.ts'
import { readAnchorConfig } from './anchors/config-file.ts'
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
 * The anchors a resolver works with: those given, else the built-in ones of the root, and those of a file for single
 * zones. The built-in ones also give way to anchors of the root in that file.
 * @param config path of that file
 * @throws {DanelawError} `file`, `bad-anchor`, `bad-config`
 */
export function gatherAnchors(
  given: TrustAnchors | AnchorSource | readonly AnchorSource[] | undefined,
  negative: readonly NegativeTrustAnchor[] = [],
  config?: string,
): TrustAnchors {
  const more = config === undefined ? { anchors: [], negative: [] } : readAnchorConfig(config)
  const negatives = [...negative, ...more.negative]
  if (given instanceof TrustAnchors) {
    if (negatives.length + more.anchors.length === 0) return given
    return new TrustAnchors([...given.anchors, ...more.anchors], [...given.negative, ...negatives])
  }
  return new TrustAnchors([...named(given, more.anchors), ...more.anchors], negatives)
}

function named(
  given: AnchorSource | readonly AnchorSource[] | undefined,
  more: readonly TrustAnchor[],
): readonly TrustAnchor[] {
  if (given === undefined) return more.some(({ zone }) => zone.labelCount === 0) ? [] : ROOT_ANCHORS
  const sources = Array.isArray(given) ? (given as readonly AnchorSource[]) : [given as AnchorSource]
  return sources.flatMap(anchorsOf)
}

function anchorsOf(source: AnchorSource): readonly TrustAnchor[] {
  if (typeof source === 'string') return isText(source) ? parseAnchorFile(source, 'trustAnchors') : readAnchors(source)
  return source instanceof URL ? readAnchors(source) : [source]
}

function isText(source: string): boolean {
  return /^\s*<|[\r\n]|\s(?:DS|DNSKEY)\s/i.test(source)
}
