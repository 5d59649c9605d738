import { rrClassName } from '../codes/rrclass.ts'
import { rrTypeName } from '../codes/rrtype.ts'
import type { ResourceRecord } from '../record.ts'
import { formatRdataIn } from './rdata.ts'

/** One record as a line of a master file, without the line's end: owner, TTL, class, type and RDATA, with tabs. */
export function formatRecord(record: ResourceRecord): string {
  const { name, type, ttl, rdata } = record
  const rrclass = rrClassName(record.class)
  return `${name}\t${ttl}\t${rrclass}\t${rrTypeName(type)}\t${formatRdataIn(record.class, type, rdata)}`
}
