import { Name } from '../../wire/name.ts'
import type { Certificate } from '../certificate.ts'
import { commonNames } from './distinguished-name.ts'
import type { Constraints } from './extensions.ts'
import { asciiText, NameKind } from './general-name.ts'

/** The names a server certificate goes by (RFC 7672 section 3.2.3): DNS-IDs, or every CN where there is no DNS-ID. */
export interface PresentedNames {
  readonly kind: 'DNS-ID' | 'CN-ID'
  readonly names: readonly string[]
}

/** @throws {DanelawError} `bad-certificate` where the subject cannot be read */
export function presentedNames(certificate: Certificate, constraints: Constraints): PresentedNames {
  const dnsIds = constraints.alternativeNames.filter(({ tag }) => tag === NameKind.DnsName)
  if (dnsIds.length === 0) return { kind: 'CN-ID', names: commonNames(certificate.subject) }
  // One that is no text matches nothing, but it is a DNS-ID: the CN does not count beside it.
  return { kind: 'DNS-ID', names: dnsIds.map(({ content }) => asciiText(content) ?? '') }
}

/** The first reference identifier that a presented name matches. */
export function matchingName(presented: readonly string[], references: readonly Name[]): Name | undefined {
  // US-ASCII letters only: Unicode has others whose lower case is one of them.
  const patterns = presented.map((name) => name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()))
  return references.find((reference) => {
    const text = hostText(reference)
    return text !== undefined && patterns.some((pattern) => pattern === text || matchesWildcard(pattern, text))
  })
}

/** The first presented name that lies below one of these domains, at any depth; a wildcard below it does. */
export function matchingSubdomain(presented: readonly string[], parents: readonly Name[]): Name | undefined {
  for (const shown of presented) {
    const text = shown.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    if (text.length > 253 || !/^(?:\*\.)?[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/.test(text)) continue
    const below = parents.some((parent) => {
      const suffix = hostText(parent)
      return suffix !== undefined && text.endsWith(`.${suffix}`)
    })
    if (below) return Name.parse(text)
  }
  return undefined
}

/** `*` counts only as the whole first label, and for exactly one label (RFC 7672 section 3.2.3). */
function matchesWildcard(pattern: string, text: string): boolean {
  const dot = text.indexOf('.')
  return pattern.startsWith('*.') && dot > 0 && pattern.slice(2) === text.slice(dot + 1)
}

/** Lower case without the final dot; undefined for a name of other than letters, digits, hyphens and underscores. */
function hostText(name: Name): string | undefined {
  const text = name.toCanonicalString().slice(0, -1)
  return /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(text) ? text : undefined
}
