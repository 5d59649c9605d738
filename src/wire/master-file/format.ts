import { rrTypeName } from '../codes/rrtype.ts'
import type { Name } from '../name.ts'
import { formatRecord } from '../presentation/record.ts'
import type { ResourceRecord } from '../record.ts'
import { META_TYPES } from './entry.ts'

/**
 * A master file of the records in their order, one a line, with TTL and class on every line: what
 * `parseMasterFile` reads back to the same records. With `origin`, owners below it are written relative to it; names in
 * RDATA are always absolute.
 * @throws {RangeError} where a record's type is one that a master file cannot hold.
 */
export function formatMasterFile(records: readonly ResourceRecord[], options: { origin?: Name } = {}): string {
  const { origin } = options
  let text = origin === undefined ? '' : `$ORIGIN ${origin}\n`
  for (const [i, record] of records.entries()) {
    if (META_TYPES.has(record.type)) throw new RangeError(`records[${i}].type: ${rrTypeName(record.type)}`)
    const line = formatRecord(record)
    text += origin === undefined ? line : relativeOwner(record.name, origin) + line.slice(line.indexOf('\t'))
    text += '\n'
  }
  return text
}

function relativeOwner(name: Name, origin: Name): string {
  if (origin.isRoot || !name.isAtOrBelow(origin)) return name.toString()
  const labels = name.labelCount - origin.labelCount
  // Only a suffix of the same octets may be left out: the origin would change the case of the others.
  if (name.suffix(origin.labelCount).toString() !== origin.toString()) return name.toString()
  return labels === 0 ? '@' : name.toString().slice(0, -origin.toString().length - 1)
}
