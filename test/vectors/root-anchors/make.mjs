/**
 * Makes documents of trust anchors in the editions there have been, signed by a made-up
 * authority. Run it as `node test/vectors/root-anchors/make.mjs`; it needs OpenSSL 3.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const here = import.meta.dirname
const folder = mkdtempSync(join(tmpdir(), 'danelaw-anchors-'))
const at = (name) => join(folder, name)
const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })

writeFileSync(at('ca.cnf'), `[ca]
default_ca = own
[own]
new_certs_dir = .
database = index.txt
serial = serial
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
emailAddress = optional
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[signer]
keyUsage = critical, digitalSignature
extendedKeyUsage = emailProtection
[req]
distinguished_name = any_name
[any_name]
`)
writeFileSync(at('index.txt'), '')
writeFileSync(at('serial'), '01\n')

function certificate(name, subject, extensions, issuer) {
  openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-config', 'ca.cnf', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject)
  const signing = issuer === undefined ? ['-selfsign', '-keyfile', `${name}.key`] : ['-cert', `${issuer}.pem`, '-keyfile', `${issuer}.key`]
  const time = ['-startdate', '20260101000000Z', '-enddate', '20360101000000Z']
  openssl('ca', '-batch', '-notext', '-config', 'ca.cnf', ...signing, ...time, '-extensions', extensions, '-in', `${name}.csr`, '-out', `${name}.pem`)
}

certificate('authority', '/CN=Authority of these tests', 'authority')
certificate('signer', '/CN=Signer of these tests/emailAddress=dnssec@iana.org', 'signer', 'authority')

function put(name, xml) {
  writeFileSync(join(here, `${name}.xml`), xml)
  openssl('cms', '-sign', '-binary', '-in', join(here, `${name}.xml`), '-signer', 'signer.pem', '-inkey', 'signer.key', '-md', 'sha256', '-outform', 'DER', '-out', join(here, `${name}.p7s`))
}

const iana = readFileSync(join(here, '../../../trust-anchors/root-anchors.xml'), 'utf8')
const without = (xml, id) => xml.replace(new RegExp(`[ \\t]*<KeyDigest id="${id}"[^]*?</KeyDigest>\\s*`), '')
const open = iana.replace(' validUntil="2019-01-11T00:00:00+00:00"', '')
put('good', iana)
put('older', without(open, 'Kmyv6jo'))
put('oldest', without(without(open, 'Kmyv6jo'), 'Klajeyz'))
put('over', without(without(iana, 'Kmyv6jo'), 'Klajeyz'))
writeFileSync(join(here, 'tampered.xml'), iana.replace('683D2D0A', '683D2D0B'))
writeFileSync(join(here, 'authority.pem'), readFileSync(at('authority.pem')))
rmSync(folder, { recursive: true })
