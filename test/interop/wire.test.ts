import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatRdata,
  formatRecord,
  Name,
  parseMasterFile,
  parseRdata,
  type ResourceRecord,
  RRType,
  rrTypeFromName,
  rrTypeName,
  toHex,
} from '../../src/wire/index.ts'
import { anyName, plainName, typedRdata } from '../wire/arbitraries.ts'
import { judge, type RdataCase, type RdataVerdict } from './wire/dnspython.ts'

/** The same records in every run. */
const SEED = 20_261_121
const RECORDS_PER_TYPE = 150

/**
 * Where dnspython (2.3.0, of Debian 12) and danelaw part, and who is right. `wire`: its reading of our text;
 * `read`: its reading of our octets; `back`: our reading of its text; `text`: the two texts.
 */
interface Disagreement {
  readonly about: readonly ('wire' | 'read' | 'back' | 'text')[]
  readonly types: readonly number[]
  readonly when: (one: RdataCase, verdict: RdataVerdict) => boolean
}

const BIT_MAPS = [RRType.NSEC, RRType.NSEC3, RRType.CSYNC]
const DISAGREEMENTS: readonly Disagreement[] = [
  {
    // \DDD above 127 becomes two octets of UTF-8 in these types; RFC 1035 section 5.1: it is one octet. danelaw is right.
    about: ['wire'],
    types: [RRType.HINFO, RRType.NAPTR, RRType.CAA, RRType.URI],
    when: ({ text }) => /\\(?:1[3-9]|12[89]|2)/.test(text),
  },
  {
    // A URI target other than UTF-8 is refused, and control characters in it are printed as they are. RFC 7553 section
    // 4.4 and RFC 3986 allow US-ASCII only, so that no peer should send either; as to how octets are printed, RFC 1035
    // section 5.1 has the escapes. danelaw is right to print them.
    about: ['read', 'back', 'text'],
    types: [RRType.URI],
    when: ({ text }) => /\\\d/.test(text),
  },
  {
    // Digests of another length than that of their type are refused. RFC 4034 section 5.1.4 leaves the length to the
    // digest type and says nothing of refusing the record; a validator meets such a record as one that matches no key,
    // and must keep it to count it among the signed RRset. danelaw is right for its purpose.
    about: ['wire', 'read'],
    types: [RRType.DS, RRType.CDS, RRType.ZONEMD],
    when: (_, verdict) => /digest length inconsistent/.test(JSON.stringify(verdict)),
  },
  {
    // Reserved numbers of schemes and algorithms are refused. RFC 8976 section 4 has the *verifier* pass over them.
    about: ['wire', 'read'],
    types: [RRType.ZONEMD, RRType.DS, RRType.CDS],
    when: (_, verdict) => /is reserved/.test(JSON.stringify(verdict)),
  },
  {
    // The hash of an NSEC3 record is padded with `=`, and has to be. RFC 5155 section 3.3: no padding. danelaw is
    // right; hashes of 20 octets have none either way.
    about: ['wire', 'back', 'text'],
    types: [RRType.NSEC3],
    when: ({ hex }) => {
      const salt = Number.parseInt(hex.slice(8, 10), 16)
      return Number.parseInt(hex.slice(10 + 2 * salt, 12 + 2 * salt), 16) % 5 !== 0
    },
  },
  {
    // RR types that this version has no names for. The names are those of the IANA registry (RFC 6895 section 3.1.2).
    about: ['wire', 'text'],
    types: [RRType.RRSIG, ...BIT_MAPS],
    when: ({ text }, { text: theirs }) =>
      typeof theirs === 'string' &&
      tokens(theirs).some((word, i) => /^TYPE\d+$/.test(word) && word !== tokens(text)[i]),
  },
  {
    // Type 0 in a bit map is refused. RFC 4034 section 4.1.2: pseudo-types must be ignored when read. danelaw is right.
    about: ['wire', 'read'],
    types: BIT_MAPS,
    when: ({ text }) => /\bTYPE0\b/.test(text),
  },
  {
    // Params in AliasMode are refused. RFC 9460 section 2.4.2: recipients must ignore them. danelaw is right.
    about: ['wire', 'read'],
    types: [RRType.SVCB, RRType.HTTPS],
    when: ({ hex }) => hex.startsWith('0000'),
  },
  {
    // Protocol identifiers with octets that are not printable are escaped twice, as `\\DDD`. In the list of RFC 9460
    // appendix A.1 only commas and backslashes are escaped, and section 2.1 escapes octets once. danelaw is right.
    about: ['back', 'text'],
    types: [RRType.SVCB, RRType.HTTPS],
    when: ({ text }) => /\balpn="[^"]*\\\d/.test(text),
  },
  {
    // SvcParamKeys registered since: ohttp (RFC 9540), dohpath (RFC 9461), tls-supported-groups, docpath.
    about: ['wire', 'text'],
    types: [RRType.SVCB, RRType.HTTPS],
    when: ({ text }) => /\b(?:ohttp|dohpath|tls-supported-groups|docpath)\b/.test(text),
  },
]

describe('RDATA of every type, by dnspython', () => {
  const cases = typedRdata(anyName).flatMap(({ type, rdata }) =>
    fc.sample(rdata, { seed: SEED, numRuns: RECORDS_PER_TYPE }).map((octets) => ({
      type,
      text: formatRdata(type, octets),
      hex: toHex(octets),
    })),
  )
  const verdicts = judge(cases)

  for (const { type } of typedRdata(anyName)) {
    test(rrTypeName(type), () => {
      let agreed = 0
      cases.forEach((one, i) => {
        if (one.type !== type) return
        const verdict = verdicts[i]!
        const known = DISAGREEMENTS.filter(({ types, when }) => types.includes(type) && when(one, verdict))
        const excused = new Set(known.flatMap(({ about }) => about))
        if (excused.size === 0) agreed++
        if (!excused.has('wire')) expect(verdict.wire, one.text).toBe(one.hex)
        if (excused.has('read')) return
        expect(verdict.text, one.hex).toBeTypeOf('string')
        const theirs = verdict.text as string
        if (!excused.has('back')) expect(toHex(parseRdata(type, theirs)), theirs).toBe(one.hex)
        if (!excused.has('text')) expect(likeDnspython(type, one.text)).toBe(theirs)
      })
      // The list above excuses corners, never a whole type.
      expect(agreed).toBeGreaterThan(RECORDS_PER_TYPE / 50)
    })
  }
})

describe('master files, by dnspython', () => {
  const origin = Name.parse('zone.example.')
  // Types that both read alike and that may stand at any owner.
  const rdata = typedRdata(plainName).filter(({ type }) => IN_ZONES.test(rrTypeName(type)))
  const record: fc.Arbitrary<ResourceRecord> = fc
    .tuple(
      fc.oneof(...rdata.map((typed) => typed.rdata.map((octets) => ({ type: typed.type, rdata: octets })))),
      fc.nat(0x7fffffff),
    )
    .map(([data, ttl]) => ({ name: origin, class: 1, ttl, ...data }))
  // A zone of dnspython gives all of an RRset one TTL: every record gets an owner of its own, all digits.
  const zones = fc
    .array(fc.tuple(record, fc.nat(), fc.nat(), fc.nat()), { minLength: 1, maxLength: 30 })
    .map((list) =>
      list.map(([one, ...styles], i) => styled({ ...one, name: origin.prepend(String(i * 1000)) }, styles)).join(''),
    )
  const cases = fc
    .sample(zones, { seed: SEED, numRuns: 150 })
    .map((zone) => ({ zone: `$TTL 1h\n${zone}`, origin: origin.toString() }))
  const verdicts = judge(cases)

  test('read to the same records', () => {
    cases.forEach(({ zone }, i) => {
      const ours = parseMasterFile(zone, { origin }).map(
        ({ name, ttl, type, rdata: octets }) => `${name} ${ttl} ${type} ${toHex(octets)}`,
      )
      expect(verdicts[i]!.records, zone).toEqual(ours.sort())
    })
  })
})

/** A record written in one of many ways that mean the same. */
function styled(record: ResourceRecord, styles: readonly [number, number, number]): string {
  const [owner, ttl, rrclass, type, rdata] = formatRecord(record).split('\t') as [
    string,
    string,
    string,
    string,
    string,
  ]
  // dnspython wants the TTL in front of the class; RFC 1035 section 5.1 allows either order, and so does danelaw.
  const heads = [`${ttl} ${rrclass}`, `${ttl}`, `${ttl}s\t${rrclass}`, `${ttl}S`]
  const words = tokens(rdata)
  const bodies = [
    words.join('\t \t'),
    `( ${words.join(' ; "comment" (\n\t')} )`,
    words.map((word) => `(\n ${word} ; )\n )`).join(' '),
    `${words[0]} (\n${words.slice(1).join('\n')}\n)`,
  ]
  const endings = ['\n', ' ; comment "\n', '\n\n;\n', '\t\n   ; x\n']
  const [head, body, ending] = styles.map((style) => style % 4) as [number, number, number]
  const name = head < 2 ? owner : owner.slice(0, owner.indexOf('.'))
  return `${name} ${heads[head]} ${type} ${bodies[body]}${endings[ending]}`
}

/** The words of a text, strings in quotation marks being one. */
function tokens(text: string): string[] {
  return text.match(/(?:\\.|[^\s"\\]|"(?:\\.|[^"\\])*")+/g) ?? []
}

/**
 * Our text in dnspython's habits, none of which another RFC forbids: hexadecimal in lower case, every SvcParamValue in
 * quotation marks (RFC 9460 section 2.1 has both), an IPv4-compatible address in dotted decimal (RFC 5952 section 5 has
 * that for known prefixes; RFC 4291 section 2.5.5.1 deprecates this one).
 */
function likeDnspython(type: number, text: string): string {
  if (type === RRType.SVCB || type === RRType.HTTPS) {
    return tokens(text)
      .map((word, i) => (i < 2 || word.endsWith('"') ? word : word.replace(/=(.*)/, '="$1"')))
      .join(' ')
  }
  const words = text.split(' ')
  const hex = HEX_WORDS.get(type)
  if (hex !== undefined) return words.map((word, i) => (hex.includes(i) ? word.toLowerCase() : word)).join(' ')
  const compatible = type === rrTypeFromName('AAAA') ? /^::([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(text) : null
  if (compatible === null) return text
  const octets = compatible
    .slice(1)
    .flatMap((field) => [Number.parseInt(field, 16) >> 8, Number.parseInt(field, 16) & 0xff])
  return `::${octets.join('.')}`
}

const IN_ZONES = /^(?:A|NS|MX|TXT|AAAA|SRV|PTR|SSHFP|DNSKEY|NSEC3PARAM|TLSA|SMIMEA|OPENPGPKEY)$/

/** Which words of a type's text are hexadecimal. */
const HEX_WORDS: ReadonlyMap<number, readonly number[]> = new Map<number, readonly number[]>([
  [RRType.SSHFP, [2]],
  [RRType.DS, [3]],
  [RRType.CDS, [3]],
  [RRType.TLSA, [3]],
  [RRType.SMIMEA, [3]],
  [RRType.ZONEMD, [3]],
  [RRType.NSEC3, [3, 4]],
  [RRType.NSEC3PARAM, [3]],
])
