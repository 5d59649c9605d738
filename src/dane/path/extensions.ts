import type { Certificate, Extension } from '../certificate.ts'
import { DerReader, Tag } from '../der.ts'
import { type GeneralName, readGeneralName, readGeneralNames } from './general-name.ts'

/** What the extensions of a certificate say about its place in a path (RFC 5280 section 4.2). */
export interface Constraints {
  /** Null where there is no basicConstraints. */
  readonly basic: { readonly ca: boolean; readonly pathLength: number | null } | null
  /** Bits, the first named one the highest of 16; null where there is no keyUsage. */
  readonly keyUsage: number | null
  /** OIDs; null where there is no extKeyUsage. */
  readonly purposes: ReadonlySet<string> | null
  /** Empty where there is no subjectAltName. */
  readonly alternativeNames: readonly GeneralName[]
  readonly names: NameConstraints | null
}

/** Name constraints (RFC 5280 section 4.2.1.10). */
export interface NameConstraints {
  readonly permitted: readonly Subtree[]
  readonly excluded: readonly Subtree[]
}

interface Subtree {
  readonly base: GeneralName
  /** Whether it has a minimum or a maximum other than the default, which nobody defined a meaning for. */
  readonly ranged: boolean
}

/** Bits of keyUsage (RFC 5280 section 4.2.1.3). */
export const KeyUsage = {
  DigitalSignature: 0x8000,
  KeyEncipherment: 0x2000,
  KeyAgreement: 0x0800,
  KeyCertSign: 0x0400,
} as const

/**
 * Reads the extensions a path depends on.
 * @throws {DanelawError} `bad-certificate` for a malformed or repeated one, and for a critical one that is not known
 *   (RFC 5280 section 4.2)
 */
export function readConstraints(certificate: Certificate): Constraints {
  const seen = new Map<string, Extension>()
  for (const extension of certificate.extensions) {
    const { oid, critical, value } = extension
    if (seen.has(oid)) throw new DerReader(value).malformed(`extension ${oid} occurs twice`)
    if (critical && !UNDERSTOOD.has(oid)) throw new DerReader(value).malformed(`critical extension ${oid} is not known`)
    seen.set(oid, extension)
  }
  const read = <T>(oid: string, reader: (value: DerReader) => T): T | null => {
    const extension = seen.get(oid)
    if (extension === undefined) return null
    const value = new DerReader(extension.value)
    const result = reader(value)
    value.finish(`extension ${oid}`)
    return result
  }
  return {
    basic: read(BASIC_CONSTRAINTS, readBasicConstraints),
    keyUsage: read(KEY_USAGE, readKeyUsage),
    purposes: read(EXTENDED_KEY_USAGE, readPurposes),
    alternativeNames: read(SUBJECT_ALT_NAME, (value) => readGeneralNames(value, 'an alternative name')) ?? [],
    names: read(NAME_CONSTRAINTS, readNameConstraints),
  }
}

/** BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER (0..MAX) OPTIONAL } */
function readBasicConstraints(value: DerReader): { ca: boolean; pathLength: number | null } {
  const sequence = value.enter(Tag.Sequence, 'basicConstraints')
  const ca = sequence.next(Tag.Boolean) && sequence.boolean('cA')
  if (sequence.atEnd) return { ca, pathLength: null }
  const pathLength = smallNumber(sequence, 'pathLenConstraint')
  sequence.finish('basicConstraints')
  // Without cA it must not be there, and means nothing where it is (RFC 5280 section 4.2.1.9).
  return { ca, pathLength: ca ? pathLength : null }
}

function smallNumber(reader: DerReader, what: string): number {
  const content = reader.integer(what)
  if (content[0]! >= 0x80) throw reader.malformed(`${what} is negative`)
  // No path is longer than 255 certificates: what is above only says that there is no limit.
  return content.length > 1 ? 255 : content[0]!
}

function readKeyUsage(value: DerReader): number {
  const { bits } = value.bitString('keyUsage')
  return ((bits[0] ?? 0) << 8) | (bits[1] ?? 0)
}

function readPurposes(value: DerReader): ReadonlySet<string> {
  const list = value.enter(Tag.Sequence, 'extKeyUsage')
  const purposes = new Set<string>()
  while (!list.atEnd) purposes.add(list.objectIdentifier('a purpose'))
  return purposes
}

/** NameConstraints ::= SEQUENCE { permittedSubtrees [0] OPTIONAL, excludedSubtrees [1] OPTIONAL } */
function readNameConstraints(value: DerReader): NameConstraints {
  const sequence = value.enter(Tag.Sequence, 'nameConstraints')
  const permitted = sequence.next(0xa0) ? readSubtrees(sequence.enter(0xa0, 'permittedSubtrees')) : []
  const excluded = sequence.next(0xa1) ? readSubtrees(sequence.enter(0xa1, 'excludedSubtrees')) : []
  sequence.finish('nameConstraints')
  return { permitted, excluded }
}

/** GeneralSubtree ::= SEQUENCE { base, minimum [0] INTEGER DEFAULT 0, maximum [1] INTEGER OPTIONAL } */
function readSubtrees(list: DerReader): Subtree[] {
  const subtrees: Subtree[] = []
  while (!list.atEnd) {
    const subtree = list.enter(Tag.Sequence, 'a subtree of names')
    subtrees.push({ base: readGeneralName(subtree, 'a subtree of names'), ranged: !subtree.atEnd })
  }
  return subtrees
}

const BASIC_CONSTRAINTS = '2.5.29.19'
const KEY_USAGE = '2.5.29.15'
const EXTENDED_KEY_USAGE = '2.5.29.37'
const SUBJECT_ALT_NAME = '2.5.29.17'
const NAME_CONSTRAINTS = '2.5.29.30'

/**
 * Critical extensions that stop nothing: those above, and those about revocation lists and policies, which say nothing
 * to an application that asks for neither (RFC 5280 section 6.1.1).
 */
const UNDERSTOOD = new Set([
  BASIC_CONSTRAINTS,
  KEY_USAGE,
  EXTENDED_KEY_USAGE,
  SUBJECT_ALT_NAME,
  NAME_CONSTRAINTS,
  '2.5.29.31', // cRLDistributionPoints
  '2.5.29.32', // certificatePolicies
  '2.5.29.33', // policyMappings
  '2.5.29.36', // policyConstraints
  '2.5.29.54', // inhibitAnyPolicy
])
