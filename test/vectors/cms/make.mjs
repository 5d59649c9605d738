/**
 * Makes the signatures of this folder anew: certificates by @peculiar/x509, signatures by `openssl cms`, damage by
 * hand. One file is one signature with one thing to say; `at` is the time of checking, `content` what it is held
 * against. Run it as `node test/vectors/cms/make.mjs`.
 */
import 'reflect-metadata'
import { execFileSync } from 'node:child_process'
import { webcrypto } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'

x509.cryptoProvider.set(webcrypto)
const here = import.meta.dirname
const folder = mkdtempSync(join(tmpdir(), 'danelaw-cms-'))
const content = join(here, 'content.xml')
writeFileSync(content, '<TrustAnchor id="x" source="y"><Zone>.</Zone></TrustAnchor>\n')

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: Uint8Array.of(1, 0, 1), modulusLength: 2048 }
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const { digitalSignature, keyCertSign, keyEncipherment } = x509.KeyUsageFlags
const EMAIL_PROTECTION = '1.3.6.1.5.5.7.3.4'
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
let serial = 1

async function make(name, options = {}) {
  const { issuer, algorithm = RSA, subject = `CN=${name}`, ca, usage, purposes, extensions = [] } = options
  const keys = options.keys ?? (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']))
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: (serial++).toString(16).padStart(2, '0'),
    subject,
    issuer: issuer?.certificate.subject ?? subject,
    notBefore: new Date(options.from ?? '2026-01-01T00:00:00Z'),
    notAfter: new Date(options.to ?? '2036-01-01T00:00:00Z'),
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: { name: (issuer?.keys ?? keys).privateKey.algorithm.name, hash: 'SHA-256' },
    extensions: [
      ...(ca === undefined ? [] : [new x509.BasicConstraintsExtension(ca.ca ?? true, ca.pathLength, true)]),
      ...(usage === null ? [] : [new x509.KeyUsagesExtension(usage ?? keyCertSign, true)]),
      ...(purposes === undefined ? [] : [new x509.ExtendedKeyUsageExtension(purposes)]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...extensions,
    ],
  })
  const path = join(folder, name)
  writeFileSync(`${path}.pem`, `${certificate.toString('pem')}\n`)
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  writeFileSync(`${path}.key`, `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/(.{64})/g, '$1\n')}\n-----END PRIVATE KEY-----\n`)
  return { name, certificate, keys, path }
}

const SUBJECT = 'CN=Root Zone Trust Anchors, E=dnssec@iana.org'
const signer = (name, options) =>
  make(name, { subject: SUBJECT, usage: digitalSignature, purposes: [EMAIL_PROTECTION], ...options })

const root = await make('root', { ca: {} })
const middle = await make('middle', { issuer: root, ca: {} })
const plain = await signer('signer', { issuer: middle })

/** Signs; `more` are further arguments of openssl cms. */
function sign(who, { through = [middle], more = ['-md', 'sha256'] } = {}) {
  const chain = join(folder, 'chain.pem')
  writeFileSync(chain, through.map(({ path }) => readFileSync(`${path}.pem`)).join(''))
  const args = ['cms', '-sign', '-binary', '-in', content, '-outform', 'DER', '-out', join(folder, 'out')]
  const own = ['-signer', `${who.path}.pem`, '-inkey', `${who.path}.key`]
  execFileSync('openssl', [...args, ...own, ...(through.length > 0 ? ['-certfile', chain] : []), ...more])
  return readFileSync(join(folder, 'out'))
}

function put(name, about, expect, p7s, { at = '2026-11-22T00:00:00Z', held = 'content.xml' } = {}) {
  const base64 = p7s.toString('base64').replace(/(.{76})/g, '$1\n')
  const head = `about: ${about}\nexpect: ${expect}\nat: ${at}\ncontent: ${held}\n`
  writeFileSync(join(here, `${name}.p7s`), `${head}\n${base64}\n`)
}

const good = sign(plain)
writeFileSync(join(here, 'authority.pem'), readFileSync(`${root.path}.pem`))
writeFileSync(join(here, 'tampered.xml'), readFileSync(content, 'utf8').replace('"x"', '"z"'))

put('good', 'an authority between the root and the signer', 'verified', good)
put('good-direct', 'a signer right below the root', 'verified', sign(await signer('direct', { issuer: root }), { through: [] }))
const alternative = { subject: 'CN=Signer', extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'email', value: 'DNSSEC@iana.org' }])] }
put('good-alternative-name', 'the address in the alternative names', 'verified', sign(await signer('alternative', { issuer: middle, ...alternative })))
put('good-ecdsa', 'ECDSA P-256 and SHA-384', 'verified', sign(await signer('ecdsa', { issuer: middle, algorithm: EC }), { more: ['-md', 'sha384'] }))
put('good-key-identifier', 'a signer named by its key identifier', 'verified', sign(plain, { more: ['-md', 'sha256', '-keyid'] }))
put('good-root-comes-along', 'the root stands in the message too', 'verified', sign(plain, { through: [middle, root] }))
put('good-sha512', 'SHA-512', 'verified', sign(plain, { more: ['-md', 'sha512'] }))
put('good-no-purposes', 'no extended key usage at all', 'verified', sign(await signer('purposeless', { issuer: middle, purposes: undefined })))
put('good-last-second', 'the last second of the signer', 'verified', good, { at: '2036-01-01T00:00:00Z' })

put('tampered', 'one letter of the content is another', 'its digest does not fit', good, { held: 'tampered.xml' })
put('expired', 'one second after the end of all certificates', 'expired at 2036-01-01T00:00:00Z', good, { at: '2036-01-01T00:00:01Z' })
put('not-yet-valid', 'one second before they begin', 'is not valid before 2026-01-01T00:00:00Z', good, { at: '2025-12-31T23:59:59Z' })
put('signer-expired', 'the signer is over, those above are not', 'certificate 1 (CN=Root Zone Trust Anchors) expired', sign(await signer('expired', { issuer: root, to: '2026-06-01T00:00:00Z' }), { through: [] }))
const past = await make('past', { issuer: root, ca: {}, to: '2026-06-01T00:00:00Z' })
put('authority-expired', 'the authority between is over', '(CN=past) expired', sign(await signer('below-past', { issuer: past }), { through: [past] }))

put('other-address', 'a signer with another address', 'is not a certificate of dnssec@iana.org', sign(await signer('other', { issuer: middle, subject: 'CN=x, E=dnssec@iana.org.example' })))
put('no-address', 'a signer without an address', 'is not a certificate of dnssec@iana.org', sign(await signer('nobody', { issuer: middle, subject: 'CN=dnssec@iana.org' })))
put('key-usage', 'a key that must not sign documents', 'must not sign documents by its key usage', sign(await signer('usage', { issuer: middle, usage: keyEncipherment })))
put('no-key-usage', 'a key that may sign whatever', 'must not sign documents by its key usage', sign(await signer('no-usage', { issuer: middle, usage: null })))
put('purpose', 'a certificate for TLS servers', 'is for other purposes than signing', sign(await signer('server', { issuer: middle, purposes: [SERVER_AUTH] })))
const servers = await make('servers', { issuer: root, ca: {}, purposes: [SERVER_AUTH] })
put('authority-purpose', 'an authority for TLS servers', '(CN=servers) is for other purposes', sign(await signer('below-servers', { issuer: servers }), { through: [servers] }))
put('weak-key', 'an RSA key of 1024 bits', 'has an RSA key of 1024 bits', sign(await signer('weak', { issuer: middle, algorithm: { ...RSA, modulusLength: 1024 } })))

const leafAuthority = await make('no-authority', { issuer: root, ca: { ca: false } })
put('no-authority', 'the certificate between is no authority', '(CN=no-authority) is no certificate authority', sign(await signer('below-leaf', { issuer: leafAuthority }), { through: [leafAuthority] }))
const bare = await make('bare', { issuer: root })
put('no-basic-constraints', 'the certificate between has no basicConstraints', '(CN=bare) is no certificate authority', sign(await signer('below-bare', { issuer: bare }), { through: [bare] }))
const narrow = await make('narrow', { issuer: root, ca: { pathLength: 0 } })
const deep = await make('deep', { issuer: narrow, ca: {} })
put('path-length', 'an authority below one that allows none', '(CN=narrow) allows fewer authorities below it', sign(await signer('below-deep', { issuer: deep }), { through: [narrow, deep] }))
const mute = await make('mute', { issuer: root, ca: {}, usage: digitalSignature })
put('authority-key-usage', 'an authority that must not sign certificates', '(CN=mute) must not sign certificates', sign(await signer('below-mute', { issuer: mute }), { through: [mute] }))

const impostor = await make('impostor', { subject: 'CN=root', ca: {} })
put('other-root', 'a root of the same name with another key, which comes along', 'authority 1 (CN=root) did not sign', sign(await signer('below-impostor', { issuer: impostor }), { through: [impostor] }))
const stranger = await make('stranger', { ca: {} })
put('unknown-root', 'a root nobody trusts', 'leads to none of the authorities', sign(await signer('below-stranger', { issuer: stranger }), { through: [stranger] }))
put('missing-authority', 'the authority between is left out', 'leads to none of the authorities', sign(plain, { through: [] }))
put('self-signed', 'a signer that signed itself', 'leads to none of the authorities', sign(await signer('self', {}), { through: [] }))

put('no-certificates', 'no certificate comes along', 'does not come with the signature', sign(plain, { through: [], more: ['-md', 'sha256', '-nocerts'] }))
put('attached', 'the content inside', 'has to be a detached one', sign(plain, { more: ['-md', 'sha256', '-nodetach'] }))
put('no-attributes', 'a signature straight over the content', 'has no signed attributes', sign(plain, { more: ['-md', 'sha256', '-noattr'] }))
put('sha1', 'SHA-1', 'the digest algorithm 1.3.14.3.2.26 is not accepted', sign(plain, { more: ['-md', 'sha1'] }))
put('pss', 'RSASSA-PSS', 'the signature cannot be read', sign(plain, { more: ['-md', 'sha256', '-keyopt', 'rsa_padding_mode:pss'] }))
put('two-signers', 'two signers', 'more than one signer', sign(plain, { more: ['-md', 'sha256', '-signer', `${root.path}.pem`, '-inkey', `${root.path}.key`] }))
put('indefinite', 'lengths left open, which is no DER', 'indefinite length', sign(plain, { more: ['-md', 'sha256', '-stream', '-nodetach'] }))

const flipped = Buffer.from(good)
flipped[flipped.length - 1] ^= 1
put('signature-flipped', 'the last bit of the signature', 'was not made by the key', flipped)
const digest = (file) => execFileSync('openssl', ['dgst', '-sha256', '-binary', file])
const at = good.indexOf(digest(content))
const swapped = Buffer.concat([good.subarray(0, at), digest(join(here, 'tampered.xml')), good.subarray(at + 32)])
put('digest-swapped', 'tampered content with its digest put in', 'was not made by the key', swapped, { held: 'tampered.xml' })
put('truncated', 'the last octet is missing', 'the signature cannot be read', good.subarray(0, -1))
put('trailing', 'an octet after the end', 'after the end of the CMS message', Buffer.concat([good, Buffer.of(0)]))
put('empty', 'nothing', 'the signature cannot be read', Buffer.alloc(0))
rmSync(folder, { recursive: true })
