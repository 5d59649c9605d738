/** `$CHAIN`: denial records other than the proper ones. */
import { RRType } from '../../../src/wire/codes/rrtype.ts'
import { Name } from '../../../src/wire/name.ts'
import { readNsec, readNsec3, writeNsec, writeNsec3 } from '../../../src/wire/rdata/dnssec.ts'
import { TypeBitMap } from '../../../src/wire/rdata/type-bit-map.ts'
import type { ResourceRecord } from '../../../src/wire/record.ts'
import { base32hex, nsec3HashOf } from '../../lab/signer/denial.ts'
import { type Directive, hashParameters, typeFrom } from './body.ts'
import { type Line, type Options, type ZoneSection, at, fail, optionsFrom } from './parse.ts'

/** `$CHAIN OWNER NSEC|NSEC3 types=+SOA,-NS next=NAME flags=N …`: changes the denial record of a name before signing. */
export function changeChain(
  content: readonly ResourceRecord[],
  directives: readonly Directive[],
  { apex, options }: ZoneSection,
): ResourceRecord[] {
  let records = [...content]
  for (const { line, words } of directives.filter(({ name }) => name === '$CHAIN')) {
    const [text, typeText, ...rest] = words
    const type = typeFrom(line, typeText)
    const change = optionsFrom(rest)
    for (const key of change.keys()) if (!CHAIN_OPTIONS.has(key)) throw fail(line, `'${key}' is no option of $CHAIN`)
    const name = at(line, () => Name.parse(text!, apex))
    const owner = type === RRType.NSEC3 ? apex.prepend(base32hex(nsec3HashOf(name, hashParameters(options)))) : name
    const index = records.findIndex((record) => record.type === type && record.name.equals(owner))
    if (index < 0) throw fail(line, `there is no ${typeText} at ${owner}`)
    const rdata = changeDenial(line, records[index]!, change)
    const changed = {
      ...records[index]!,
      rdata: change.has('malformed') ? Buffer.concat([rdata, EMPTY_WINDOW]) : rdata,
    }
    const moved = change.has('as') ? { ...changed, name: Name.parse(change.get('as')!, apex) } : changed
    records = change.has('drop') ? records.toSpliced(index, 1) : records.with(index, moved)
  }
  return records
}

function changeDenial(line: Line, { type, rdata }: ResourceRecord, change: Options): Uint8Array {
  const next = change.get('next')
  if (type === RRType.NSEC) {
    const nsec = readNsec(rdata)
    return writeNsec({
      nextDomainName: next === undefined ? nsec.nextDomainName : Name.parse(next),
      types: changeTypes(line, nsec.types, change),
    })
  }
  const nsec3 = readNsec3(rdata)
  const number = (option: string, otherwise: number): number => Number(change.get(option) ?? otherwise)
  return writeNsec3({
    hashAlgorithm: number('hash', nsec3.hashAlgorithm),
    flags: number('flags', nsec3.flags),
    iterations: number('iterations', nsec3.iterations),
    salt: change.has('salt') ? Buffer.from(change.get('salt')!, 'hex') : nsec3.salt,
    nextHashedOwnerName: next === undefined ? nsec3.nextHashedOwnerName : fromBase32hex(next),
    types: changeTypes(line, nsec3.types, change),
  })
}

/** `types=A,NSEC` sets the bit map, `types=+SOA,-NS` changes it. */
function changeTypes(line: Line, map: TypeBitMap, change: Options): TypeBitMap {
  const words = change.get('types')?.split(',')
  if (words === undefined) return map
  const relative = words.every((word) => /^[+-]/.test(word))
  const types = new Set(relative ? map.types : [])
  for (const word of words) {
    const type = typeFrom(line, word.replace(/^[+-]/, ''))
    if (word.startsWith('-')) types.delete(type)
    else types.add(type)
  }
  return new TypeBitMap(types)
}

function fromBase32hex(text: string): Buffer {
  let value = 0n
  for (const character of text) value = (value << 5n) | BigInt(Number.parseInt(character, 32))
  return Buffer.from(value.toString(16).padStart(40, '0'), 'hex')
}

const CHAIN_OPTIONS: ReadonlySet<string> = new Set([
  'as',
  'drop',
  'flags',
  'hash',
  'iterations',
  'malformed',
  'next',
  'salt',
  'types',
])
/** Of a bit map, where none may be empty (RFC 4034 section 4.1.2). */
const EMPTY_WINDOW = Buffer.of(0, 0)
