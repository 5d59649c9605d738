/** Chains that are odd in names and algorithms. */
import { authority, HOST, server, type Shape, shape, three } from './builders.ts'
import {
  BMP,
  type CertificateOptions,
  general,
  type Key,
  name,
  newKey,
  PRINTABLE,
  sequence,
  signatures,
  UTF8,
} from './x509.ts'

export function nameShapes(): Shape[] {
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

export function encodingShapes(): Shape[] {
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

export function algorithmShapes(): Shape[] {
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
