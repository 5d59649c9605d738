import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { describe, expect, it } from 'vitest'
import type { readCertificate } from '../../../src/dane/certificate.ts'
import { commonNames, distinguishedNameKey } from '../../../src/dane/path/distinguished-name.ts'
import type { Constraints } from '../../../src/dane/path/extensions.ts'
import { asciiText, NameKind } from '../../../src/dane/path/general-name.ts'
import { matchingName, presentedNames } from '../../../src/dane/path/identifiers.ts'
import { nameConstraintProblem } from '../../../src/dane/path/name-constraints.ts'
import { verifyDane } from '../../../src/dane/verify.ts'
import { DanelawError } from '../../../src/errors.ts'
import { Name } from '../../../src/wire/name.ts'
import { type CertificateOptions, createAuthority, createLeaf, tlsaFor } from '../../lab/certificates.ts'

describe('D.7: names under DANE-TA(2)', () => {
  it.each([
    ['mx.example.com', 'mx.example.com', true],
    ['MX.Example.COM', 'mx.example.com', true],
    ['mx.example.com', 'MX.EXAMPLE.com', true],
    ['mx.example.com.', 'mx.example.com', false],
    ['xmx.example.com', 'mx.example.com', false],
    ['example.com', 'mx.example.com', false],
    ['*.example.com', 'mx.example.com', true],
    ['*.EXAMPLE.com', 'mx.example.com', true],
    ['*.example.com', 'a.mx.example.com', false],
    ['*.example.com', 'example.com', false],
    ['*.com', 'example.com', true],
    ['m*.example.com', 'mx.example.com', false],
    ['*x.example.com', 'mx.example.com', false],
    ['mx.*.com', 'mx.example.com', false],
    ['*.*.com', 'mx.example.com', false],
    ['*.com', 'com', false],
    ['*', 'com', false],
    ['*', 'example.com', false],
    ['*.', 'com', false],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example', true],
    ['_mx.example.com', '_mx.example.com', true],
    ['', 'mx.example.com', false],
    ['mx.example.com evil', 'mx.example.com', false],
    ['a\\.b.example', 'a\\.b.example', false],
    ['a.b.example', 'a\\.b.example', false],
    ['.', '.', false],
    ['', '.', false],
  ])('presented %j, reference %j: %s', (presented, reference, matches) => {
    expect(matchingName([presented], [Name.parse(reference)]) !== undefined).toBe(matches)
  })

  it('the first reference name that any presented one matches', () => {
    const references = ['a.example', 'b.example', 'c.example'].map((text) => Name.parse(text))
    expect(matchingName(['c.example', 'b.example'], references)?.toString()).toBe('b.example.')
  })

  it.each([
    ['DNS-IDs', { names: ['a.example', 'b.example'], commonName: 'cn.example' }, 'b.example', true],
    ['the CN beside a DNS-ID', { names: ['a.example'], commonName: 'cn.example' }, 'cn.example', false],
    ['the CN without DNS-ID', { names: [], commonName: 'cn.example' }, 'cn.example', true],
    [
      'the CN beside other names',
      { names: [], commonName: 'cn.example', extensions: [mailName()] },
      'cn.example',
      true,
    ],
    ['the CN beside a DNS-ID that is no text', { names: ['a b'], commonName: 'cn.example' }, 'cn.example', false],
    ['a wildcard CN', { names: [], commonName: '*.sub.example' }, 'cn.sub.example', true],
    ['every CN', { names: [], commonName: 'first.example,CN=second.example' }, 'first.example', true],
    ['every CN', { names: [], commonName: 'first.example,CN=second.example' }, 'second.example', true],
  ] as [string, CertificateOptions, string, boolean][])('%s: %o for %s: %s', async (_, options, name, matches) => {
    const issuer = await createAuthority()
    const leaf = await createLeaf(options, issuer)
    const at = Date.now() / 1000
    const verdict = verifyDane([leaf.der, issuer.der], [tlsaFor(issuer.der, 2, 0, 1)], ['x.example', name], { at })
    expect(verdict.authenticated).toBe(matches)
    expect(verdict.name).toBe(matches ? name : null)
    expect(verdict.reason?.code).toBe(matches ? undefined : 'name-mismatch')
  })

  it('a reason has bounds, whatever names a certificate has', async () => {
    const anchor = await createAuthority({ commonName: 'TA' })
    const records = [tlsaFor(anchor.der, 2, 0, 1)]
    const many = Array.from({ length: 1000 }, (_, i) => `host-${i}.example.net`)
    const long = 'x'.repeat(40_000)
    for (const options of [
      { names: many },
      { commonName: 'x', names: [`${long}.example`] },
      { commonName: long, names: [] },
    ]) {
      const { der } = await createLeaf(options, anchor)
      const { reason, records: told } = verifyDane([der, anchor.der], records, ['mx.example.com'], { at: new Date() })
      expect(reason?.code).toBe('name-mismatch')
      for (const text of [reason!.text, told[0]!.why!]) expect(text.length).toBeLessThan(600)
    }
  })

  it('no reference name: not authenticated', async () => {
    const issuer = await createAuthority()
    const leaf = await createLeaf({ names: ['mx.example.com'] }, issuer)
    const verdict = verifyDane([leaf.der, issuer.der], [tlsaFor(issuer.der, 2, 0, 1)], [], { at: Date.now() / 1000 })
    expect(verdict.reason?.code).toBe('name-mismatch')
  })

  it('a DNS-ID with a NUL or other octets is a DNS-ID and no name', () => {
    for (const content of ['mx.example.com\0.evil.example', 'mx.example.c\u00f6m'].map((text) =>
      Buffer.from(text, 'latin1'),
    )) {
      expect(asciiText(content)).toBeUndefined()
      const constraints = { alternativeNames: [{ tag: NameKind.DnsName, content }] } as unknown as Constraints
      const presented = presentedNames({} as ReturnType<typeof readCertificate>, constraints)
      expect(presented).toEqual({ kind: 'DNS-ID', names: [''] })
    }
  })
})

describe('name constraints (RFC 5280 section 4.2.1.10)', () => {
  const dns = (text: string) => ({ tag: NameKind.DnsName as number, content: Buffer.from(text) })
  const mail = (text: string) => ({ tag: NameKind.Rfc822Name as number, content: Buffer.from(text) })
  const uri = (text: string) => ({ tag: NameKind.Uri as number, content: Buffer.from(text) })
  const ip = (hex: string) => ({ tag: NameKind.IpAddress as number, content: Buffer.from(hex, 'hex') })
  const directory = (hex: string) => ({ tag: NameKind.DirectoryName as number, content: Buffer.from(hex, 'hex') })
  const subtree = (base: ReturnType<typeof dns>, ranged = false) => ({ base, ranged })
  const EMPTY = Buffer.from('3000', 'hex')
  const ORGANISATION = '300c310a3008060355040a0c014f'
  const problem = (
    given: { permitted?: unknown[]; excluded?: unknown[] },
    names: ReturnType<typeof dns>[],
    more: { subject?: Uint8Array; commonNames?: string[] } = {},
  ) => {
    const constraints = { permitted: [], excluded: [], ...given } as Parameters<typeof nameConstraintProblem>[0]
    const all = { subject: EMPTY, commonNames: [], alternativeNames: names, ...more }
    return nameConstraintProblem(constraints, all, () => undefined)
  }

  it.each([
    ['example.com', 'example.com', true],
    ['example.com', 'mx.example.com', true],
    ['example.com', 'a.mx.EXAMPLE.com', true],
    ['example.com', 'notexample.com', false],
    ['example.com', 'example.com.evil.example', false],
    ['.example.com', 'mx.example.com', true],
    ['.example.com', 'example.com', false],
    ['', 'anything.example', true],
    ['example.com', '*.example.com', true],
    ['mx.example.com', '*.example.com', false],
    ['example.com', 'mx.example.com\0', false],
  ])('permitted DNS %j, name %j: %s', (base, name, good) => {
    expect(problem({ permitted: [subtree(dns(base))] }, [dns(name)]) === null).toBe(good)
  })

  it.each([
    ['example.com', 'mx.example.com', false],
    ['example.com', 'mx.example.net', true],
    ['mx.example.com', '*.example.com', false],
    ['a.mx.example.com', '*.example.com', true],
    ['', 'mx.example.net', false],
    ['example.com', 'mx.example.net\0', false],
  ])('excluded DNS %j, name %j: %s', (base, name, good) => {
    expect(problem({ excluded: [subtree(dns(base))] }, [dns(name)]) === null).toBe(good)
  })

  it('every name must be inside, one subtree is enough, and exclusion comes first', () => {
    const permitted = [subtree(dns('example.com')), subtree(dns('example.net'))]
    expect(problem({ permitted }, [dns('a.example.com'), dns('a.example.net')])).toBeNull()
    expect(problem({ permitted }, [dns('a.example.com'), dns('a.example.org')])).toContain('do not permit')
    expect(problem({ permitted, excluded: [subtree(dns('a.example.com'))] }, [dns('a.example.com')])).toContain(
      'exclude',
    )
  })

  it('kinds are independent', () => {
    expect(problem({ permitted: [subtree(dns('example.com'))] }, [mail('a@example.net')])).toBeNull()
    expect(problem({ permitted: [subtree(mail('example.com'))] }, [dns('example.net')])).toBeNull()
  })

  it('common names that stand in for DNS names', () => {
    const permitted = [subtree(dns('example.com'))]
    expect(problem({ permitted }, [], { commonNames: ['mx.example.net'] })).toContain('do not permit')
    expect(problem({ permitted }, [], { commonNames: ['mx.example.com'] })).toBeNull()
  })

  it.each([
    ['c0000200ffffff00', 'c0000205', true],
    ['c0000200ffffff00', 'c0000305', false],
    ['c0000200ffffff00', '20010db8000000000000000000000001', false],
    [`20010db8${'00'.repeat(12)}ffffffff${'00'.repeat(12)}`, '20010db8000000000000000000000001', true],
    ['c0000200ffffff', 'c0000205', false],
    ['c0000200ffffff00', 'c00002', false],
  ])('permitted address %s, name %s: %s', (base, name, good) => {
    expect(problem({ permitted: [subtree(ip(base))] }, [ip(name)]) === null).toBe(good)
  })

  it.each([
    ['example.com', 'a@example.com', true],
    ['example.com', 'a@EXAMPLE.com', true],
    ['example.com', 'a@mx.example.com', false],
    ['.example.com', 'a@mx.example.com', true],
    ['.example.com', 'a@example.com', false],
    ['a@example.com', 'a@example.com', true],
    ['a@example.com', 'b@example.com', false],
    ['a@example.com', 'A@example.com', false],
    ['example.com', 'example.com', false],
  ])('permitted mailbox %s, name %s: %s', (base, name, good) => {
    expect(problem({ permitted: [subtree(mail(base))] }, [mail(name)]) === null).toBe(good)
  })

  it.each([
    ['example.com', 'https://example.com/x', true],
    ['example.com', 'https://user@example.com:443', true],
    ['.example.com', 'https://www.example.com', true],
    ['example.com', 'https://example.net/example.com', false],
    ['example.com', 'https://example.com@evil.example/', false],
    ['example.com', 'urn:example.com', false],
  ])('permitted URI %s, name %s: %s', (base, name, good) => {
    expect(problem({ permitted: [subtree(uri(base))] }, [uri(name)]) === null).toBe(good)
  })

  it('directory names: by their beginning, subject included', () => {
    const constraint = subtree(directory(ORGANISATION))
    const subject = Buffer.from(ORGANISATION, 'hex')
    expect(problem({ permitted: [constraint] }, [], { subject })).toBeNull()
    expect(problem({ excluded: [constraint] }, [], { subject })).toContain('exclude')
    expect(problem({ permitted: [constraint] }, [directory(ORGANISATION)])).toBeNull()
    expect(problem({ permitted: [constraint] }, [directory('3000')])).toContain('do not permit')
    expect(problem({ permitted: [constraint] }, [])).toBeNull()
  })

  it('mail addresses in the subject', () => {
    const address = Buffer.from('a@b.examp').toString('hex')
    const attribute = `301606092a864886f70d0109011609${address}`
    const subject = Buffer.from(`301a3118${attribute}`, 'hex')
    expect(problem({ permitted: [subtree(mail('b.examp'))] }, [], { subject })).toBeNull()
    expect(problem({ permitted: [subtree(mail('c.examp'))] }, [], { subject })).toContain('do not permit')
  })

  it('a kind nobody can compare stops a path where there is such a name', () => {
    const [first, second] = ['06022a03a0020500', '06022a04a0020500'].map((hex) => ({
      tag: NameKind.OtherName as number,
      content: Buffer.from(hex, 'hex'),
    })) as [ReturnType<typeof dns>, ReturnType<typeof dns>]
    expect(problem({ permitted: [subtree(first)] }, [dns('mx.example.com')])).toBeNull()
    expect(problem({ permitted: [subtree(first)] }, [first])).toContain('not supported')
    expect(problem({ excluded: [subtree(first)] }, [first])).toContain('not supported')
    expect(problem({ permitted: [subtree(first)] }, [second])).toBeNull()
    const registered = { tag: 0x88, content: Buffer.of(1) }
    expect(problem({ permitted: [subtree(registered)] }, [{ tag: 0x88, content: Buffer.of(2) }])).toContain('supported')
  })

  it('a minimum or a maximum stops a path', () => {
    expect(problem({ permitted: [subtree(dns('a.example'), true)] }, [])).toContain('minimum')
  })

  it('in a path: of every authority, for every certificate below that is not self-issued', async () => {
    const constraint = (permitted: string) =>
      new x509.Extension(
        '2.5.29.30',
        true,
        Buffer.concat([
          Buffer.of(
            0x30,
            permitted.length + 6,
            0xa0,
            permitted.length + 4,
            0x30,
            permitted.length + 2,
            0x82,
            permitted.length,
          ),
          Buffer.from(permitted),
        ]),
      )
    const at = Date.now() / 1000
    const check = async (
      permitted: string,
      options: CertificateOptions,
      name: string,
      between: CertificateOptions = {},
    ) => {
      const root = await createAuthority({ commonName: 'Root', extensions: [constraint(permitted)] })
      const first = await createAuthority({ commonName: 'Between' }, root)
      const second = await createAuthority({ commonName: 'Between', ...between }, first)
      const leaf = await createLeaf(options, second)
      const chain = [leaf.der, second.der, first.der, root.der]
      return verifyDane(chain, [tlsaFor(root.der, 2, 0, 1)], [name], { at }).reason?.text ?? null
    }
    expect(await check('example.com', { names: ['mx.example.com'] }, 'mx.example.com')).toBeNull()
    expect(await check('example.com', { names: ['mx.example.net'] }, 'mx.example.net')).toContain(
      'do not permit, set by',
    )
    expect(await check('example.com', { names: [], commonName: 'mx.example.net' }, 'mx.example.net')).toContain(
      'permit',
    )
    expect(await check('example.com', { names: [], commonName: 'mx.example.com' }, 'mx.example.com')).toBeNull()
    expect(await check('example.com', { names: ['a.example.com', 'b.example.net'] }, 'a.example.com')).toContain(
      'permit',
    )
    // A common name that is no DNS name is none of a server's names.
    const company = { names: [], commonName: 'Some Company,CN=mx.example.com' }
    expect(await check('example.com', company, 'mx.example.com')).toBeNull()
    // Self-issued authorities are exempt, a self-issued leaf is not.
    const elsewhere = { names: ['ca.example.net'] }
    expect(await check('example.com', { names: ['mx.example.com'] }, 'mx.example.com', elsewhere)).toBeNull()
    const other = { ...elsewhere, commonName: 'Other' }
    expect(await check('example.com', { names: ['mx.example.com'] }, 'mx.example.com', other)).toContain('permit')
    const selfIssued = { names: ['mx.example.net'], commonName: 'Between' }
    expect(await check('example.com', selfIssued, 'mx.example.net')).toContain('permit')
  })
})

describe('distinguished names (RFC 5280 section 7.1)', () => {
  const name = (tag: number, text: string | Buffer, oid = '550403') => {
    const value = Buffer.from(text)
    const pair = Buffer.concat([
      Buffer.from(`06 03 ${oid}`.replaceAll(' ', ''), 'hex'),
      Buffer.of(tag, value.length),
      value,
    ])
    const set = Buffer.concat([Buffer.of(0x30, pair.length), pair])
    return Buffer.concat([Buffer.of(0x30, set.length + 2, 0x31, set.length), set])
  }
  const key = distinguishedNameKey

  it('string type, case and blanks do not matter', () => {
    const plain = key(name(0x13, 'Some  Name'))
    for (const same of [name(0x0c, 'some name'), name(0x16, ' SOME NAME '), name(0x14, 'Some Name')]) {
      expect(key(same)).toBe(plain)
    }
    expect(key(name(0x1e, Buffer.from('Some Name', 'utf16le').swap16()))).toBe(plain)
  })

  it('everything else does', () => {
    const plain = key(name(0x13, 'Some Name'))
    for (const different of [
      name(0x13, 'SomeName'),
      name(0x13, 'Some Name', '55040a'),
      name(0x04, 'Some Name'),
      Buffer.concat([Buffer.of(0x30, 0x00)]),
    ]) {
      expect(key(different)).not.toBe(plain)
    }
  })

  it('the order of attributes in one relative name does not matter', () => {
    const [a, b] = ['3008060355040a0c0141', '300806035504030c0142']
    expect(key(Buffer.from(`30163114${a}${b}`, 'hex'))).toBe(key(Buffer.from(`30163114${b}${a}`, 'hex')))
  })

  it('separators inside values do not make names equal', () => {
    expect(key(name(0x0c, 'a","2.5.4.3=b'))).not.toBe(key(name(0x0c, 'a')))
  })

  it('common names of known string types', () => {
    expect(commonNames(name(0x0c, 'mx.example.com'))).toEqual(['mx.example.com'])
    expect(commonNames(name(0x04, 'mx.example.com'))).toEqual([])
    expect(commonNames(name(0x0c, 'mx.example.com', '55040a'))).toEqual([])
  })

  it.each(['', '30', '3001', '310000', '30023000', '3004310230', '3006310430020500'])('malformed: %s', (hex) => {
    expect(() => key(Buffer.from(hex, 'hex'))).toThrow(DanelawError)
  })
})

function mailName(): x509.Extension {
  return new x509.SubjectAlternativeNameExtension([{ type: 'email', value: 'postmaster@example' }])
}
