/** Chains of which one certificate has an odd content. */
import {
  ANY_PURPOSE,
  AT,
  authority,
  CLIENT_AUTH,
  DAY,
  HOST,
  MAIL,
  type Parts,
  server,
  SERVER_AUTH,
  type Shape,
  shape,
  three,
} from './builders.ts'
import { extensions as ext, general, name, sequence, UTF8 } from './x509.ts'

export function purposeShapes(): Shape[] {
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

export function constraintShapes(): Shape[] {
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

export function extensionShapes(): Shape[] {
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

export function timeShapes(): Shape[] {
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
