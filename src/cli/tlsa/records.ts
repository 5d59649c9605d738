import { type Publishable, recordFor } from '../../dane/publish.ts'
import { DanelawError } from '../../errors.ts'
import { toHex } from '../../wire/presentation/encodings.ts'
import type { Name } from '../../wire/name.ts'
import type { Tlsa } from '../../wire/rdata/tlsa.ts'
import { printable } from '../paint.ts'
import { formatTime } from '../time.ts'

/** A record to publish, and for what. */
export interface Chosen {
  readonly record: Tlsa
  readonly of: Publishable
}

export type Parameters = readonly [usage: number, selector: number, matchingType: number]

/**
 * The records for the contents of one file or more, each no more than once. Usages 1 and 3 are for the leaf, which comes
 * first among the certificates of a file; usages 0 and 2 for the authorities.
 * @throws {DanelawError} `bad-tlsa` where there is nothing the usage is for
 */
export function chooseRecords(files: readonly (readonly Publishable[])[], parameters: Parameters): Chosen[] {
  const [usage, selector, matchingType] = parameters
  const forLeaf = usage === 1 || usage === 3
  const chosen = files
    .flatMap((contents) => (forLeaf ? leaves(contents) : authorities(contents)))
    .map((of) => ({ of, record: recordFor(of, usage, selector, matchingType) }))
  if (chosen.length === 0) {
    throw new DanelawError('bad-tlsa', `usage ${usage} stands for an authority, and the file holds none`, {
      hint: 'add the certificate of the authority, or use usage 3, which stands for the leaf',
    })
  }
  return [...new Map(chosen.map((each) => [tlsaText(each.record), each])).values()]
}

/** The document of `danelaw tlsa --json`. */
export function recordsJson(chosen: readonly Chosen[], host: Name | undefined, port: number | undefined) {
  return {
    owner: host === undefined ? null : ownerOf(host, port),
    records: chosen.map(({ record, of }) => ({
      ...tlsaJson(record),
      of: {
        kind: of.kind,
        subject: of.subject,
        notAfter: of.notAfter === null ? null : formatTime(of.notAfter),
      },
    })),
  }
}

/** Lines of a zone file; without a host RDATA alone. */
export function recordsText(chosen: readonly Chosen[], host: Name | undefined, port: number | undefined): string {
  const front = host === undefined ? '' : `${ownerOf(host, port)} IN TLSA `
  return chosen.map(({ record, of }) => `; ${whatText(of)}\n${front}${tlsaText(record)}\n`).join('')
}

export function ownerOf(host: Name, port = 25): string {
  return `_${port}._tcp.${host.toCanonicalString()}`
}

export function tlsaText({ usage, selector, matchingType, data }: Tlsa): string {
  return `${usage} ${selector} ${matchingType} ${toHex(data)}`
}

export function tlsaJson({ usage, selector, matchingType, data }: Tlsa) {
  return { usage, selector, matchingType, data: toHex(data) }
}

export function whatText({ kind, subject, notAfter }: Publishable): string {
  const named = subject === null ? kind : `${kind} CN=${printable(subject)}`
  return notAfter === null ? named : `${named}, valid until ${formatTime(notAfter)}`
}

/** What has no certificate yet is for a leaf of its own. */
function leaves(contents: readonly Publishable[]): Publishable[] {
  const first = contents.find(({ kind }) => kind === 'certificate')
  return contents.filter((each) => each === first || each.kind !== 'certificate')
}

function authorities(contents: readonly Publishable[]): Publishable[] {
  return contents.filter(({ kind, isAuthority }) => kind !== 'certificate' || isAuthority)
}
