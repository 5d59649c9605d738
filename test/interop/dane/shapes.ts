/** Chains of certificates, each odd in one way. */
import {
  BMP,
  certificate,
  type CertificateOptions,
  extensions as ext,
  general,
  type Key,
  keyIdentifier,
  type Made,
  name,
  newKey,
  PRINTABLE,
  sequence,
  signatures,
  UTF8,
} from './x509.ts'

export const AT = 1_790_000_000
export const HOST = 'mx.example.com'
const DAY = 86_400

/** What a server sends, what stands above it, and what a verifier with authorities of its own trusts. */
export interface Shape {
  readonly what: string
  /** The leaf first. */
  readonly sent: readonly Made[]
  /** Certificates that records may be for though nobody sends them. */
  readonly absent: readonly Made[]
  /** The file of authorities. */
  readonly authorities: readonly Made[]
  /** What is asked about it in all variants. */
  readonly about?: 'names' | 'times'
}

/** All of them, with keys made anew. */
export function shapes(): readonly Shape[] {
  return [
    ...chainShapes(),
    ...crossShapes(),
    ...identifierShapes(),
    ...basicShapes(),
    ...purposeShapes(),
    ...constraintShapes(),
    ...extensionShapes(),
    ...timeShapes().map((shape) => ({ ...shape, about: 'times' as const })),
    ...nameShapes().map((shape) => ({ ...shape, about: 'names' as const })),
    ...encodingShapes(),
    ...algorithmShapes(),
  ]
}

interface Parts extends Partial<Omit<CertificateOptions, 'extensions'>> {
  readonly names?: readonly string[] | null
  readonly alternativeNames?: readonly Buffer[]
  readonly basic?: Buffer | null
  readonly usage?: Buffer | null
  readonly purposes?: Buffer | null
  readonly subjectKey?: Buffer | null
  readonly authorityKey?: Buffer | null
  readonly more?: readonly Buffer[]
  readonly bare?: boolean
}

function authority(subject: string | Buffer, issuer?: Made, parts: Parts = {}): Made {
  return build(subject, issuer, { basic: ext.basicConstraints(true), usage: ext.keyUsage(5, 6), names: null, ...parts })
}

function server(issuer?: Made, parts: Parts = {}): Made {
  const { subject = HOST, ...others } = parts
  return build(subject, issuer, { basic: ext.basicConstraints(false), purposes: ext.purposes(SERVER_AUTH), ...others })
}

function build(subject: string | Buffer, issuer: Made | undefined, parts: Parts): Made {
  const { names = [HOST], bare = false, key = newKey.p256(), more = [], alternativeNames, ...others } = parts
  const texts = alternativeNames ?? names?.map(general.dns) ?? []
  const signer = issuer?.key ?? key
  const all = [
    parts.basic,
    parts.usage,
    parts.purposes,
    texts.length === 0 ? null : ext.alternativeNames(...texts),
    parts.subjectKey === undefined ? ext.subjectKey(keyIdentifier(key)) : parts.subjectKey,
    parts.authorityKey === undefined ? ext.authorityKey(keyIdentifier(signer)) : parts.authorityKey,
    ...more,
  ].filter((each): each is Buffer => each !== null && each !== undefined)
  return certificate({
    notBefore: AT - DAY,
    notAfter: AT + 90 * DAY,
    ...others,
    ...(issuer === undefined ? {} : { issuer }),
    subject,
    key,
    extensions: bare ? [] : all,
  })
}

function shape(
  what: string,
  sent: readonly Made[],
  absent: readonly Made[] = [],
  authorities?: readonly Made[],
): Shape {
  const all = [...sent, ...absent]
  return { what, sent, absent, authorities: authorities ?? all.slice(-1) }
}

/** Leaf, intermediate and root, of which parts are changed. */
function three(what: string, parts: { root?: Parts; intermediate?: Parts; leaf?: Parts }): Shape {
  const root = authority('Root', undefined, parts.root)
  const intermediate = authority('Intermediate', root, parts.intermediate)
  return shape(what, [server(intermediate, parts.leaf), intermediate, root])
}

function chainShapes(): Shape[] {
  const root = authority('Root')
  const intermediate = authority('Intermediate', root)
  const third = authority('Third', intermediate)
  const leaf = server(intermediate)
  const alone = server()
  const aloneAuthority = server(undefined, { basic: ext.basicConstraints(true), usage: ext.keyUsage(0, 5) })
  const stranger = authority('Stranger')
  const strangersLeaf = server(stranger)
  const under = server(leaf)
  const short = server(root)
  const long = [root]
  while (long.length < 11) long.unshift(authority(`Level ${long.length}`, long[0]))
  const eight = long.slice(-8)
  return [
    shape('self-signed', [alone]),
    shape('self-signed, sent twice', [alone, alone]),
    shape('self-signed authority', [aloneAuthority]),
    shape('self-signed without extensions', [server(undefined, { bare: true })]),
    shape('two levels', [short, root]),
    shape('two levels, root not sent', [short], [root]),
    shape('three levels', [leaf, intermediate, root]),
    shape('three levels, root not sent', [leaf, intermediate], [root]),
    shape('three levels, intermediate not sent', [leaf, root], [intermediate], [root]),
    shape('three levels, only the leaf sent', [leaf], [intermediate, root]),
    shape('four levels', [server(third), third, intermediate, root]),
    shape('eight authorities', [server(eight[0]), ...eight]),
    shape('eleven authorities', [server(long[0]), ...long]),
    shape('root before intermediate', [leaf, root, intermediate], [], [root]),
    shape('root first', [root, intermediate, leaf], [], [root]),
    shape('intermediate first', [intermediate, root], [leaf], [root]),
    shape('a stranger between', [leaf, stranger, intermediate, root], [], [root]),
    shape('a stranger at the end', [leaf, intermediate, root, stranger], [], [root]),
    shape("another server's leaf behind", [leaf, strangersLeaf, intermediate, root], [stranger], [root]),
    shape('each twice', [leaf, leaf, intermediate, intermediate, root, root]),
    shape('root twice, intermediate between', [leaf, root, intermediate, root]),
    shape('a chain of strangers', [strangersLeaf, intermediate, root], [stranger]),
    shape('a leaf as issuer', [under, leaf, intermediate, root]),
    shape('root among the authorities only', [leaf, intermediate], [stranger, root]),
    shape('intermediate as an authority', [leaf, intermediate], [root], [intermediate]),
    shape('leaf as an authority', [leaf, intermediate], [root], [leaf]),
    shape('no authority fits', [leaf, intermediate, root], [stranger], [stranger]),
  ]
}

function crossShapes(): Shape[] {
  const root = authority('Root')
  const old = authority('Old Root')
  const key = newKey.p256()
  const intermediate = authority('Intermediate', root, { key })
  const cross = authority('Intermediate', old, { key })
  const expired = authority('Intermediate', old, { key, notBefore: AT - 9 * DAY, notAfter: AT - DAY })
  const otherKey = authority('Intermediate', root)
  const leaf = server(intermediate)
  const crossedRoot = authority('Root', old, { key: root.key })
  const renewedRoot = authority('Root', undefined, { key: root.key, notAfter: AT + 900 * DAY })
  const expiredRoot = authority('Root', undefined, { key: root.key, notBefore: AT - 9 * DAY, notAfter: AT - DAY })
  const forgedRoot = authority('Root')
  const forgedIntermediate = authority('Intermediate', forgedRoot)
  const forgedLeaf = server(forgedIntermediate)
  const [firstKey, secondKey] = [newKey.p256(), newKey.p256()]
  const first = authority('First', undefined, { key: firstKey })
  const second = authority('Second', first, { key: secondKey })
  const firstBySecond = authority('First', second, { key: firstKey })
  return [
    shape('cross-signed, both ways sent', [leaf, intermediate, root, cross, old], [], [root]),
    shape('cross-signed, the other way first', [leaf, cross, old, intermediate, root], [], [root]),
    shape('cross-signed, the way to the root last', [leaf, cross, intermediate], [root, old], [root]),
    shape('cross-signed, the way to the old root last', [leaf, intermediate, cross], [root, old], [old]),
    shape('cross-certificate expired, sent first', [leaf, expired, intermediate, root], [old], [root]),
    shape('cross-certificate expired, sent last', [leaf, intermediate, root, expired], [old], [root]),
    shape('another key under the same name first', [leaf, otherKey, intermediate, root]),
    shape('another key under the same name only', [leaf, otherKey, root]),
    shape('root and its cross-certificate', [leaf, intermediate, crossedRoot, root], [old], [root]),
    shape('root, then its cross-certificate', [leaf, intermediate, root, crossedRoot], [old], [old]),
    shape('cross-certificate of the root, old root sent', [leaf, intermediate, crossedRoot, old], [root], [old]),
    shape('cross-certificate of the root, old root not sent', [leaf, intermediate, crossedRoot], [root, old], [old]),
    shape('root and its renewal', [leaf, intermediate, root, renewedRoot]),
    shape('expired root, then its renewal', [leaf, intermediate, expiredRoot, root]),
    shape('renewal, then the expired root', [leaf, intermediate, root, expiredRoot], [], [root]),
    shape('anchor stapled to a leaf it did not sign', [forgedLeaf, forgedIntermediate, root], [forgedRoot], [root]),
    shape('anchor stapled, all names right', [forgedLeaf, intermediate, root], [forgedIntermediate], [root]),
    shape('anchor stapled directly', [server(forgedRoot), root], [forgedRoot], [root]),
    shape('a circle', [server(second), second, firstBySecond], [first], [first]),
    shape('a circle and its root', [server(second), second, firstBySecond, first]),
  ]
}

function identifierShapes(): Shape[] {
  const other = keyIdentifier(newKey.p256())
  const root = authority('Root')
  const intermediate = authority('Intermediate', root)
  const withLeaf = (what: string, authorityKey: Buffer | null) =>
    shape(what, [server(intermediate, { authorityKey }), intermediate, root])
  const key = newKey.p256()
  const noSubjectKey = authority('Intermediate', root, { key, subjectKey: null })
  const otherSubjectKey = authority('Intermediate', root, { key, subjectKey: ext.subjectKey(other) })
  const rightSubjectKey = authority('Intermediate', root, { key })
  const leaf = server(rightSubjectKey)
  return [
    withLeaf('no authority key identifier', null),
    withLeaf('authority key identifier of another key', ext.authorityKey(other)),
    withLeaf('authority serial number', ext.authoritySerial(root.subject, intermediate.serial)),
    withLeaf('authority serial number of another certificate', ext.authoritySerial(root.subject, 77)),
    withLeaf('authority serial number under another issuer', ext.authoritySerial(name('Else'), intermediate.serial)),
    shape('no subject key identifier', [leaf, noSubjectKey, root]),
    shape('subject key identifier of another key', [leaf, otherSubjectKey, root]),
    shape('wrong subject key identifier first', [leaf, otherSubjectKey, rightSubjectKey, root]),
    three('root without key identifiers', { root: { subjectKey: null, authorityKey: null } }),
    three('no key identifiers at all', {
      root: { subjectKey: null, authorityKey: null },
      intermediate: { subjectKey: null, authorityKey: null },
      leaf: { subjectKey: null, authorityKey: null },
    }),
    three('root with the authority key identifier of another key', { root: { authorityKey: ext.authorityKey(other) } }),
  ]
}

function basicShapes(): Shape[] {
  const v1Root = authority('Root', undefined, { version: 0, bare: true })
  const v1RootUnder = authority('Root', authority('Above'), { version: 0, bare: true })
  const limited = authority('Limited', undefined, { basic: ext.basicConstraints(true, 0) })
  const under = authority('Under', limited)
  const one = authority('One', undefined, { basic: ext.basicConstraints(true, 1) })
  const [oneA] = [authority('A', one)]
  const oneB = authority('B', oneA)
  const selfIssued = authority('Limited', limited, { basic: ext.basicConstraints(true, 0) })
  const inner = authority('Inner', authority('Root'), { basic: ext.basicConstraints(true, 0) })
  const innermost = authority('Innermost', inner)
  return [
    shape('version 1 root', [server(v1Root), v1Root]),
    shape('version 1 root, not sent', [server(v1Root)], [v1Root]),
    shape('version 1 root, not self-signed', [server(v1RootUnder), v1RootUnder]),
    three('version 1 intermediate', { intermediate: { version: 0, bare: true } }),
    three('version 1 leaf', { leaf: { version: 0, bare: true } }),
    shape('version 1 self-signed leaf', [server(undefined, { version: 0, bare: true })]),
    three('version 3 root without extensions', { root: { bare: true } }),
    three('version 3 root without basicConstraints', { root: { basic: null } }),
    three('root without basicConstraints and keyUsage', { root: { basic: null, usage: null } }),
    three('version 3 intermediate without basicConstraints', { intermediate: { basic: null } }),
    three('version 3 intermediate without extensions', { intermediate: { bare: true } }),
    three('basicConstraints not critical', { intermediate: { basic: ext.basicConstraints(true, undefined, false) } }),
    three('intermediate that is no authority', { intermediate: { basic: ext.basicConstraints(false) } }),
    three('root that is no authority', { root: { basic: ext.basicConstraints(false) } }),
    three('leaf that is an authority', { leaf: { basic: ext.basicConstraints(true) } }),
    three('leaf without basicConstraints', { leaf: { basic: null } }),
    three('path length in a leaf', { leaf: { basic: ext.basicConstraints(false, 0) } }),
    three('path length in what is no authority', { intermediate: { basic: ext.basicConstraints(false, 0) } }),
    shape('path length kept', [server(limited), limited]),
    shape('path length exceeded', [server(under), under, limited]),
    shape('path length exceeded, anchor not sent', [server(under), under], [limited]),
    shape('path length of one, kept', [server(oneA), oneA, one]),
    shape('path length of one, exceeded', [server(oneB), oneB, oneA, one]),
    shape('path length with a self-issued authority', [server(selfIssued), selfIssued, limited]),
    shape('path length of an intermediate exceeded', [server(innermost), innermost, inner], []),
    three('path length of 300', { root: { basic: ext.basicConstraints(true, 300) } }),
  ]
}

function purposeShapes(): Shape[] {
  const leafUsage = (what: string, ...bits: number[]) => three(what, { leaf: { usage: ext.keyUsage(...bits) } })
  const leafPurposes = (what: string, ...oids: string[]) => three(what, { leaf: { purposes: ext.purposes(...oids) } })
  const above = (what: string, ...oids: string[]) => [
    three(`intermediate ${what}`, { intermediate: { purposes: ext.purposes(...oids) } }),
    three(`root ${what}`, { root: { purposes: ext.purposes(...oids) } }),
  ]
  return [
    three('intermediate without keyUsage', { intermediate: { usage: null } }),
    three('intermediate that must not sign', { intermediate: { usage: ext.keyUsage(6) } }),
    three('root that must not sign', { root: { usage: ext.keyUsage(0, 6) } }),
    leafUsage('leaf for digitalSignature', 0),
    leafUsage('leaf for keyEncipherment', 2),
    leafUsage('leaf for keyAgreement', 4),
    leafUsage('leaf for keyCertSign', 5),
    leafUsage('leaf for dataEncipherment', 3),
    leafUsage('leaf for decipherOnly', 8),
    leafUsage('leaf for nonRepudiation', 1),
    three('leaf without purposes', { leaf: { purposes: null } }),
    leafPurposes('leaf for clients', CLIENT_AUTH),
    leafPurposes('leaf for servers and clients', SERVER_AUTH, CLIENT_AUTH),
    leafPurposes('leaf for any purpose', ANY_PURPOSE),
    leafPurposes('leaf for signing mail', MAIL),
    leafPurposes('leaf for Server Gated Cryptography', '1.3.6.1.4.1.311.10.3.3'),
    leafPurposes('leaf with an empty list of purposes'),
    ...above('for servers', SERVER_AUTH),
    ...above('for clients', CLIENT_AUTH),
    ...above('for any purpose', ANY_PURPOSE),
    ...above('for servers and mail', MAIL, SERVER_AUTH),
    three('purposes critical', {
      leaf: { purposes: ext.of('2.5.29.37', true, ext.purposes(SERVER_AUTH).subarray(-12)) },
    }),
  ]
}

function constraintShapes(): Shape[] {
  const at = (where: 'root' | 'intermediate', what: string, constraints: Buffer, leaf: Parts = {}) =>
    three(`${where}: ${what}`, { [where]: { more: [constraints] }, leaf })
  const dns = (text: string) => [general.dns(text)]
  const both = (what: string, constraints: Buffer, leaf?: Parts) => [
    at('root', what, constraints, leaf),
    at('intermediate', what, constraints, leaf),
  ]
  const onlyCommonName = { names: null }
  const organisation = name(HOST, UTF8, 'Example')
  const inOrganisation = sequence(organisation.subarray(2, 2 + 2 + organisation[3]!))
  return [
    ...both('permitted name', ext.nameConstraints(dns('example.com'), [])),
    ...both('permitted name, not critical', ext.nameConstraints(dns('example.com'), [], false)),
    ...both('other name permitted', ext.nameConstraints(dns('example.net'), [])),
    ...both('other name permitted, not critical', ext.nameConstraints(dns('example.net'), [], false)),
    ...both('excluded name', ext.nameConstraints([], dns('example.com'))),
    ...both('other name excluded', ext.nameConstraints([], dns('example.net'))),
    at('root', 'permitted and excluded', ext.nameConstraints(dns('example.com'), dns('mx.example.com'))),
    at('root', 'leading dot', ext.nameConstraints(dns('.example.com'), [])),
    at('root', 'leading dot before the host itself', ext.nameConstraints(dns('.mx.example.com'), [])),
    at('root', 'end of a label', ext.nameConstraints(dns('ample.com'), [])),
    at('root', 'capital letters', ext.nameConstraints(dns('EXAMPLE.com'), [])),
    at('root', 'everything permitted', ext.nameConstraints(dns(''), [])),
    at('root', 'everything excluded', ext.nameConstraints([], dns(''))),
    at('root', 'permitted wildcard', ext.nameConstraints(dns('example.com'), []), { names: ['*.example.com'] }),
    at('root', 'wildcard may be what is excluded', ext.nameConstraints([], dns('mail.example.com')), {
      names: ['*.example.com'],
    }),
    at('root', 'wildcard that reaches past what is permitted', ext.nameConstraints(dns('mx.example.com'), []), {
      names: ['*.example.com'],
    }),
    at('root', 'common name permitted', ext.nameConstraints(dns('example.com'), []), onlyCommonName),
    at('root', 'common name not permitted', ext.nameConstraints(dns('example.net'), []), onlyCommonName),
    at('root', 'common name excluded', ext.nameConstraints([], dns('example.com')), onlyCommonName),
    at('root', 'common name beside a DNS-ID', ext.nameConstraints(dns('mx.example.com'), []), { subject: 'else.test' }),
    at('root', 'mail permitted, none there', ext.nameConstraints([general.mail('example.com')], [])),
    at('root', 'mail permitted', ext.nameConstraints([general.mail('example.com')], []), {
      alternativeNames: [general.dns(HOST), general.mail('a@example.com')],
    }),
    at('root', 'mail not permitted', ext.nameConstraints([general.mail('example.com')], []), {
      alternativeNames: [general.dns(HOST), general.mail('a@example.net')],
    }),
    at(
      'root',
      'addresses permitted, none there',
      ext.nameConstraints([general.address(192, 0, 2, 0, 255, 255, 255, 0)], []),
    ),
    at('root', 'address not permitted', ext.nameConstraints([general.address(192, 0, 2, 0, 255, 255, 255, 0)], []), {
      alternativeNames: [general.dns(HOST), general.address(198, 51, 100, 1)],
    }),
    at('root', 'address permitted', ext.nameConstraints([general.address(192, 0, 2, 0, 255, 255, 255, 0)], []), {
      alternativeNames: [general.dns(HOST), general.address(192, 0, 2, 1)],
    }),
    at('root', 'URI not permitted', ext.nameConstraints([general.uri('example.com')], []), {
      alternativeNames: [general.dns(HOST), general.uri('https://example.net/')],
    }),
    at('root', 'URI permitted', ext.nameConstraints([general.uri('example.com')], []), {
      alternativeNames: [general.dns(HOST), general.uri('https://example.com/')],
    }),
    at('root', 'subject permitted', ext.nameConstraints([general.directory(inOrganisation)], []), {
      subject: organisation,
    }),
    at('intermediate', 'subject permitted', ext.nameConstraints([general.directory(inOrganisation)], []), {
      subject: organisation,
    }),
    at('intermediate', 'subject not permitted', ext.nameConstraints([general.directory(inOrganisation)], [])),
    at('intermediate', 'subject excluded', ext.nameConstraints([], [general.directory(inOrganisation)]), {
      subject: organisation,
    }),
    ...both('critical, of a kind nobody compares', ext.nameConstraints([general.registered('1.2.3.4')], [])),
    ...both('of a kind nobody compares', ext.nameConstraints([general.registered('1.2.3.4')], [], false)),
    at('root', 'of a kind nobody compares, in the leaf too', ext.nameConstraints([general.registered('1.2.3.4')], []), {
      alternativeNames: [general.dns(HOST), general.registered('1.2.3.5')],
    }),
    at('root', 'no subtree at all', ext.nameConstraints([], [])),
    three('constraints in a leaf', { leaf: { more: [ext.nameConstraints(dns('example.net'), [])] } }),
  ]
}

function extensionShapes(): Shape[] {
  const everywhere = (what: string, ...more: Buffer[]) => [
    three(`leaf with ${what}`, { leaf: { more } }),
    three(`intermediate with ${what}`, { intermediate: { more } }),
    three(`root with ${what}`, { root: { more } }),
  ]
  return [
    ...everywhere('an unknown critical extension', ext.unknown(true)),
    ...everywhere('an unknown extension', ext.unknown(false)),
    ...everywhere('critical policies', ext.policies(true)),
    ...everywhere('an extension twice', ext.unknown(false), ext.unknown(false)),
    ...everywhere('nameConstraints nobody can read', ext.of('2.5.29.30', false, Buffer.from('0500', 'hex'))),
    three('intermediate with keyUsage nobody can read', {
      intermediate: { usage: ext.of('2.5.29.15', true, Buffer.from('0500', 'hex')) },
    }),
    three('leaf with alternative names nobody can read', {
      leaf: { names: null, more: [ext.of('2.5.29.17', false, Buffer.from('0500', 'hex'))] },
    }),
  ]
}

function timeShapes(): Shape[] {
  const expired = { notBefore: AT - 9 * DAY, notAfter: AT - 1 }
  const future = { notBefore: AT + 1, notAfter: AT + 9 * DAY }
  const now = { notBefore: AT, notAfter: AT }
  const root = authority('Root', undefined, expired)
  const futureRoot = authority('Root', undefined, future)
  return [
    three('leaf expired', { leaf: expired }),
    three('intermediate expired', { intermediate: expired }),
    three('root expired', { root: expired }),
    three('leaf not yet valid', { leaf: future }),
    three('intermediate not yet valid', { intermediate: future }),
    three('root not yet valid', { root: future }),
    three('leaf valid for one second', { leaf: now }),
    three('all expired', { leaf: expired, intermediate: expired, root: expired }),
    three('valid until 2050', { leaf: { notAfter: 2_524_607_999 } }),
    three('valid from 2050', { root: { notAfter: 2_524_608_000 + 99 * DAY } }),
    three('valid since 1949', { root: { notBefore: -650_000_000 } }),
    shape('root expired, not sent', [server(root)], [root]),
    shape('root not yet valid, not sent', [server(futureRoot)], [futureRoot]),
    shape('self-signed, expired', [server(undefined, expired)]),
    shape('self-signed, not yet valid', [server(undefined, future)]),
  ]
}

function nameShapes(): Shape[] {
  const named = (what: string, names: readonly string[] | null, subject: string | Buffer = 'Server') =>
    three(what, { leaf: { names, subject } })
  return [
    named('wildcard', ['*.example.com']),
    named('wildcard under a top-level label', ['*.com', '*.test']),
    named('wildcard for everything', ['*']),
    named('wildcard in part of a label', ['m*.example.com']),
    named('wildcard inside', ['mx.*.com']),
    named('wildcard in an A-label', ['xn--*.example.com']),
    named('another host', ['other.example.com']),
    named('the domain above', ['example.com']),
    named('a name below', ['a.mx.example.com']),
    named('capital letters', ['MX.Example.COM']),
    named('a dot at the end', ['mx.example.com.']),
    named('a dot at the front', ['.example.com']),
    named('NUL in a name', ['mx.example.com\0.attacker.test']),
    named('blank in a name', ['mx.example.com ']),
    named('several names', ['a.example.com', 'mx.example.com', 'b.example.com']),
    named('A-label', ['xn--mx-xka.example.com', 'mx.xn--bcher-kva.example']),
    named('U-label', ['mx.b\u00fccher.example']),
    named('underscore', ['_mx.example.com']),
    named('an address as a name', ['192.0.2.1']),
    named('common name only', null, HOST),
    named('common name with capital letters', null, 'MX.example.com'),
    named('common name with a wildcard', null, '*.example.com'),
    named('common name beside another name', ['other.example.com'], HOST),
    named('common name with a dot at the end', null, 'mx.example.com.'),
    named('common name with a blank', null, 'mx.example.com '),
    named('common name in two octets a letter', null, name(HOST, BMP)),
    named('common name of an organisation', null, name(HOST, PRINTABLE, 'Example')),
    named('two common names', null, sequence(name('first.example.com').subarray(2), name(HOST).subarray(2))),
    named(
      'two common names, the right one first',
      null,
      sequence(name(HOST).subarray(2), name('x.example').subarray(2)),
    ),
    named('no name at all', null, sequence()),
    named('alternative name and an empty subject', [HOST], sequence()),
    three('mail address beside the common name', {
      leaf: { subject: HOST, alternativeNames: [general.mail('a@example.com')] },
    }),
    three('address beside the common name', {
      leaf: { subject: HOST, alternativeNames: [general.address(192, 0, 2, 1)] },
    }),
    three('URI beside the common name', {
      leaf: { subject: HOST, alternativeNames: [general.uri(`smtp://${HOST}/`)] },
    }),
    three('SmtpUTF8Mailbox beside the common name', {
      leaf: { subject: HOST, alternativeNames: [general.smtpUtf8Mailbox('a@example.com')] },
    }),
  ]
}

function encodingShapes(): Shape[] {
  const root = authority('Root')
  const spelled = (what: string, issuerName: Buffer) => shape(what, [server(root, { issuerName }), root])
  return [
    spelled('issuer in another string type', name('Root', PRINTABLE)),
    spelled('issuer in two octets a letter', name('Root', BMP)),
    spelled('issuer in capital letters', name('ROOT')),
    spelled('issuer with blanks around', name('  Root ')),
    spelled('issuer with another attribute', name('Root', UTF8, 'Example')),
    spelled('issuer is empty', sequence()),
    spelled('issuer under another name', name('Rood')),
  ]
}

function algorithmShapes(): Shape[] {
  const rsa = newKey.rsa()
  const rsaRoot = authority('RSA', undefined, { key: rsa })
  const withKey = (what: string, key: Key) => {
    const root = authority('Root', undefined, { key })
    return shape(`keys of ${what}`, [server(root, { key: key }), root])
  }
  const signed = (what: string, signature: CertificateOptions['signature']) =>
    shape(`leaf signed with RSA and ${what}`, [server(rsaRoot, { signature: signature! }), rsaRoot])
  const root = authority('Root')
  const elliptic = (what: string, signature: CertificateOptions['signature']) => [
    shape(`leaf signed with ${what}`, [server(root, { signature: signature! }), root]),
    three(`intermediate signed with ${what}`, { intermediate: { signature: signature! } }),
    three(`root signed with ${what}`, { root: { signature: signature! } }),
  ]
  const pssRoot = authority('PSS', undefined, { key: rsa, signature: signatures.pssSha256 })
  const weak = authority('Weak', undefined, { key: newKey.rsa(768) })
  return [
    withKey('P-256', newKey.p256()),
    withKey('P-384', newKey.p384()),
    withKey('P-521', newKey.p521()),
    withKey('secp256k1', newKey.secp256k1()),
    withKey('Ed25519', newKey.ed25519()),
    withKey('Ed448', newKey.ed448()),
    withKey('RSA', rsa),
    withKey('RSASSA-PSS', newKey.rsaPss()),
    withKey('RSA of 1024 bits', newKey.rsa(1024)),
    withKey('RSA of 768 bits', weak.key),
    shape('a leaf of RSA of 768 bits', [server(root, { key: weak.key }), root]),
    signed('MD5', signatures.rsaMd5),
    signed('SHA-1', signatures.rsaSha1),
    signed('SHA2-224', signatures.rsaSha224),
    signed('SHA2-384', signatures.rsaSha384),
    signed('SHA2-512', signatures.rsaSha512),
    signed('PSS and SHA2-256', signatures.pssSha256),
    signed('PSS and SHA2-384', signatures.pssSha384),
    signed('PSS and SHA2-512', signatures.pssSha512),
    signed('PSS and SHA-1', signatures.pssSha1),
    shape('PSS all the way', [server(pssRoot, { signature: signatures.pssSha256 }), pssRoot]),
    ...elliptic('ECDSA and SHA-1', signatures.ecdsaSha1),
    ...elliptic('ECDSA and SHA2-224', signatures.ecdsaSha224),
    three('two names for the algorithm of the leaf', { leaf: { innerIdentifier: signatures.ecdsaSha512.identifier } }),
    three('two names for the algorithm of the root', { root: { innerIdentifier: signatures.ecdsaSha512.identifier } }),
    three('signature of the leaf broken', { leaf: { broken: true } }),
    three('signature of the intermediate broken', { intermediate: { broken: true } }),
    three('signature of the root broken', { root: { broken: true } }),
    shape('self-signed, signature broken', [server(undefined, { broken: true })]),
  ]
}

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const MAIL = '1.3.6.1.5.5.7.3.4'
const ANY_PURPOSE = '2.5.29.37.0'
