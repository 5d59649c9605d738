import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalRdataSet, ownerLabels, signedOwner } from '../../src/dnssec/canonical.ts'
import { RRType } from '../../src/wire/codes/rrtype.ts'
import { parseRecord } from '../../src/wire/master-file/parse.ts'
import { compareOctets, Name } from '../../src/wire/name.ts'

describe('canonical RDATA (RFC 4034 section 6.2, RFC 6840 section 5.1)', () => {
  it.each([
    ['NS', 'NS A.b.', 'NS a.b.'],
    ['MD', '\\# 5 0141014200', '\\# 5 0161016200'],
    ['MF', '\\# 5 0141014200', '\\# 5 0161016200'],
    ['CNAME', 'CNAME A.B.', 'CNAME a.b.'],
    ['SOA', 'SOA A.B. C.D. 1 2 3 4 5', 'SOA a.b. c.d. 1 2 3 4 5'],
    ['MB', '\\# 5 0141014200', '\\# 5 0161016200'],
    ['MG', '\\# 5 0141014200', '\\# 5 0161016200'],
    ['MR', '\\# 5 0141014200', '\\# 5 0161016200'],
    ['PTR', 'PTR A.B.', 'PTR a.b.'],
    ['MINFO', '\\# 6 014100014200', '\\# 6 016100016200'],
    ['MX', 'MX 16705 A.B.', 'MX 16705 a.b.'],
    ['RP', 'RP A. B.', 'RP a. b.'],
    ['AFSDB', 'AFSDB 16705 A.', 'AFSDB 16705 a.'],
    ['RT', '\\# 5 4141014100', '\\# 5 4141016100'],
    [
      'SIG',
      '\\# 23 4141414141414141414141414141414141410141004141',
      '\\# 23 4141414141414141414141414141414141410161004141',
    ],
    ['PX', '\\# 8 4141014100014200', '\\# 8 4141016100016200'],
    ['NXT', '\\# 5 0141004141', '\\# 5 0161004141'],
    ['NAPTR', 'NAPTR 16705 2 "A" "B" "C" D.', 'NAPTR 16705 2 "A" "B" "C" d.'],
    ['KX', 'KX 16705 A.', 'KX 16705 a.'],
    ['SRV', 'SRV 16705 16705 16705 A.', 'SRV 16705 16705 16705 a.'],
    ['DNAME', 'DNAME A.', 'DNAME a.'],
  ])('the names of %s are in lower case, and nothing else is', (type, given, canonical) => {
    expect(canonicalRdata(typeOf(type), rdata(given))).toEqual(rdata(canonical))
  })

  it.each([
    ['HINFO', 'HINFO "PDP-11" "UNIX"'],
    ['HINFO, which then looks like a name', 'HINFO "PDP-11" ""'],
    ['NSEC', 'NSEC A.B. A RRSIG NSEC'],
    ['TXT', 'TXT "ABC"'],
    ['SVCB', 'SVCB 1 A.B.'],
    ['HTTPS', 'HTTPS 1 A.B.'],
    ['CAA', 'CAA 0 Issue "CA.Example"'],
    ['TYPE65280', '\\# 5 0141014200'],
    ['RRSIG', 'RRSIG A 13 2 3600 20261204120000 20261120120000 4711 A.B. AAAA'],
  ])('%s stays as it is', (label, given) => {
    const type = label.split(',')[0]!
    const octets = rdata(given)
    expect(canonicalRdata(typeOf(type), octets)).toEqual(octets)
  })

  it('leaves the received octets alone', () => {
    const given = Uint8Array.of(0, 10, 1, 0x41, 0)
    canonicalRdata(RRType.MX, given)
    expect([...given]).toEqual([0, 10, 1, 0x41, 0])
  })

  it('takes length octets for no letters, and letters for no lengths', () => {
    const label = Uint8Array.from({ length: 63 }, () => 0x5a)
    const given = Uint8Array.of(63, ...label, 0)
    expect(canonicalRdata(RRType.NS, given)).toEqual(Uint8Array.of(63, ...label.map(() => 0x7a), 0))
  })

  it.each([
    ['cut off in a label', [5, 0x41, 0x42]],
    ['a compression pointer', [1, 0x41, 0xc0, 0x0c]],
    ['nothing', []],
  ])('leaves a malformed name as it is: %s', (_, octets) => {
    expect([...canonicalRdata(RRType.NS, Uint8Array.from(octets))]).toEqual(octets)
  })

  it('does it once and for all, whatever the octets', () => {
    const types = fc.constantFrom(...Object.values(RRType))
    fc.assert(
      fc.property(types, fc.uint8Array({ maxLength: 60 }), (type, octets) => {
        const once = canonicalRdata(type, octets)
        expect(once.length).toBe(octets.length)
        expect(canonicalRdata(type, once)).toEqual(once)
      }),
    )
  })
})

describe('canonical order (RFC 4034 section 6.3)', () => {
  it('is that of octets, a prefix first, and duplicates once', () => {
    const set = [[2], [1, 0], [1], [2], [0xff], [1, 0, 0]].map((octets) => Uint8Array.from(octets))
    const sorted = canonicalRdataSet(RRType.TXT, set)
    expect(sorted.map((octets) => [...octets])).toEqual([[1], [1, 0], [1, 0, 0], [2], [0xff]])
  })

  it('finds duplicates among names of other case', () => {
    const set = ['A.b.', 'a.B.'].map((text) => rdata(`NS ${text}`))
    expect(canonicalRdataSet(RRType.NS, set)).toEqual([rdata('NS a.b.')])
  })

  it('does not depend on the order received', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 4 }), { minLength: 1 }), (set) => {
        const sorted = canonicalRdataSet(RRType.TXT, set)
        expect(canonicalRdataSet(RRType.TXT, set.toReversed())).toEqual(sorted)
        for (let i = 1; i < sorted.length; i++) expect(compareOctets(sorted[i - 1]!, sorted[i]!)).toBeLessThan(0)
      }),
    )
  })
})

describe('the owner an RRSIG was made for (RFC 4035 section 5.3.2)', () => {
  it.each([
    ['a.b.c.', 3, 'a.b.c.'],
    ['a.b.c.', 2, '*.b.c.'],
    ['a.b.c.', 1, '*.c.'],
    ['a.b.c.', 0, '*.'],
    ['*.b.c.', 2, '*.b.c.'],
    ['*.b.c.', 1, '*.c.'],
    ['*.', 0, '*.'],
    ['.', 0, '.'],
    ['a.*.c.', 3, 'a.*.c.'],
  ])('%s with Labels %i is %s', (owner, labels, signed) => {
    expect(signedOwner(Name.parse(owner), labels).toString()).toBe(signed)
  })

  it.each([
    ['.', 0],
    ['*.', 0],
    ['a.', 1],
    ['*.a.', 1],
    ['a.*.', 2],
    ['\\*a.', 1],
  ])('%s has %i labels', (owner, labels) => {
    expect(ownerLabels(Name.parse(owner))).toBe(labels)
  })
})

function canonicalRdata(type: number, octets: Uint8Array): Uint8Array {
  return canonicalRdataSet(type, [octets])[0]!
}

function typeOf(name: string): number {
  return name.startsWith('TYPE') ? Number(name.slice(4)) : RRType[name as keyof typeof RRType]
}

/** RDATA of `TYPE …` or of `\# …`. */
function rdata(text: string): Uint8Array {
  if (text.startsWith('\\#')) return Uint8Array.from(Buffer.from(text.split(' ').slice(2).join(''), 'hex'))
  return Uint8Array.from(parseRecord(`x. 0 IN ${text}`).rdata)
}
