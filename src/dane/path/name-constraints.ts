import type { NameConstraints } from './extensions.ts'
import { emailAddresses, relativeNames } from './distinguished-name.ts'
import { asciiText, type GeneralName, NameKind } from './general-name.ts'

/** The names of one certificate that constraints above it cover. */
export interface ConstrainedNames {
  readonly subject: Uint8Array
  readonly alternativeNames: readonly GeneralName[]
  /** Common names that stand in for DNS names; empty where there are DNS names. */
  readonly commonNames: readonly string[]
}

/**
 * Why names violate constraints, or null where they do not (RFC 5280 section 4.2.1.10). A constraint on names of a kind
 * that nobody here can compare stops a path only where such a name is there, and then also where it is not critical.
 * @param pay is told the number of comparisons before they are made, and throws where they are too many
 * @throws {DanelawError} `bad-certificate` where a subject cannot be read
 */
export function nameConstraintProblem(
  constraints: NameConstraints,
  names: ConstrainedNames,
  pay: (comparisons: number) => void,
): string | null {
  const { permitted, excluded } = constraints
  if ([...permitted, ...excluded].some(({ ranged }) => ranged)) return 'name constraints with a minimum or a maximum'
  const all = allNames(names)
  pay(all.length * (permitted.length + excluded.length))
  for (const name of all) {
    const allowed = permitted.filter(({ base }) => isSameKind(base, name))
    const forbidden = excluded.filter(({ base }) => isSameKind(base, name))
    if (allowed.length + forbidden.length === 0) continue
    const compare = COMPARED.get(name.tag)
    if (compare === undefined) return 'a name of a kind whose name constraints are not supported'
    const inside = allowed.map(({ base }) => compare(base.content, name.content, false))
    const outside = forbidden.map(({ base }) => compare(base.content, name.content, true))
    if ([...inside, ...outside].includes(null)) return 'a name that cannot be compared with the name constraints'
    if (outside.includes(true)) return 'a name that the name constraints exclude'
    if (inside.length > 0 && !inside.includes(true)) return 'a name that the name constraints do not permit'
  }
  return null
}

/** Also the subject and the mail addresses in it; an empty subject is no name. */
function allNames({ subject, alternativeNames, commonNames }: ConstrainedNames): GeneralName[] {
  return [
    ...alternativeNames,
    ...(relativeNames(subject).length === 0 ? [] : [{ tag: NameKind.DirectoryName, content: subject }]),
    ...emailAddresses(subject).map((text) => ({ tag: NameKind.Rfc822Name, content: Buffer.from(text) })),
    ...commonNames.map((text) => ({ tag: NameKind.DnsName, content: Buffer.from(text) })),
  ]
}

/** Names of other kinds (RFC 5280: otherName) are as many kinds as there are identifiers in front of them. */
function isSameKind(base: GeneralName, name: GeneralName): boolean {
  if (base.tag !== name.tag || name.tag !== NameKind.OtherName) return base.tag === name.tag
  const length = 2 + (name.content[1] ?? 0)
  return Buffer.compare(base.content.subarray(0, length), name.content.subarray(0, length)) === 0
}

/** Whether a name lies in a subtree; null where that cannot be told. `excluding` asks whether any of it may. */
type Compare = (base: Uint8Array, name: Uint8Array, excluding: boolean) => boolean | null

function compareDns(base: Uint8Array, name: Uint8Array, excluding: boolean): boolean | null {
  const [constraint, host] = [lower(base), lower(name)]
  if (constraint === undefined || host === undefined) return null
  if (inDomain(constraint, host)) return true
  // A wildcard may stand for the very host that is excluded.
  return excluding && host.startsWith('*.') && constraint.slice(constraint.indexOf('.') + 1) === host.slice(2)
}

/** The domain itself and what is below it; with a leading dot only what is below. */
function inDomain(constraint: string, host: string): boolean {
  if (constraint === '' || constraint === host) return true
  return host.endsWith(constraint.startsWith('.') ? constraint : `.${constraint}`)
}

function compareDirectory(base: Uint8Array, name: Uint8Array): boolean {
  const constraint = relativeNames(base)
  const full = relativeNames(name)
  return constraint.length <= full.length && constraint.every((relative, i) => relative === full[i])
}

/** An address and a mask in the constraint, an address in the name. */
function compareAddress(base: Uint8Array, name: Uint8Array): boolean | null {
  if ((base.length !== 8 && base.length !== 32) || (name.length !== 4 && name.length !== 16)) return null
  if (base.length !== 2 * name.length) return false
  return name.every((octet, i) => ((octet ^ base[i]!) & base[i + name.length]!) === 0)
}

/** A mailbox, a host, or with a leading dot what is below it. */
function compareMailbox(base: Uint8Array, name: Uint8Array): boolean | null {
  const [constraint, mailbox] = [asciiText(base), asciiText(name)]
  const at = mailbox?.lastIndexOf('@') ?? -1
  if (constraint === undefined || mailbox === undefined || at < 1) return null
  const host = mailbox.slice(at + 1).toLowerCase()
  const split = constraint.lastIndexOf('@')
  if (split < 0) return compareHost(constraint.toLowerCase(), host)
  return constraint.slice(0, split) === mailbox.slice(0, at) && constraint.slice(split + 1).toLowerCase() === host
}

/** Only the host of a URI counts, and there must be one. */
function compareUri(base: Uint8Array, name: Uint8Array): boolean | null {
  const [constraint, uri] = [lower(base), lower(name)]
  const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([a-z0-9._-]+)(?::[0-9]*)?(?:[/?#]|$)/.exec(uri ?? '')?.[1]
  if (constraint === undefined || host === undefined) return null
  return compareHost(constraint, host)
}

function compareHost(constraint: string, host: string): boolean {
  return constraint.startsWith('.') ? host.endsWith(constraint) : constraint === '' || constraint === host
}

function lower(octets: Uint8Array): string | undefined {
  return asciiText(octets)?.toLowerCase()
}

const COMPARED: ReadonlyMap<number, Compare> = new Map<number, Compare>([
  [NameKind.DnsName, compareDns],
  [NameKind.DirectoryName, compareDirectory],
  [NameKind.IpAddress, compareAddress],
  [NameKind.Rfc822Name, compareMailbox],
  [NameKind.Uri, compareUri],
])
