/** OpenSSL as a second opinion on every signature of test/vectors/cms. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parseTime } from '../../src/cli/time.ts'

const VECTORS = join(import.meta.dirname, '../vectors/cms')
const folder = mkdtempSync(join(tmpdir(), 'danelaw-cms-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Taken by OpenSSL and not here, each for a reason of its own. */
const STRICTER: ReadonlyMap<string, string> = new Map([
  ['no-address.p7s', 'OpenSSL does not ask who signs'],
  ['other-address.p7s', 'OpenSSL does not ask who signs'],
  ['no-key-usage.p7s', 'to OpenSSL a certificate without key usage may do all'],
  ['no-attributes.p7s', 'attributes are wanted here'],
  ['sha1.p7s', 'SHA-1 can be forged'],
  ['pss.p7s', 'IANA does not use it'],
  ['two-signers.p7s', 'IANA has one'],
  ['attached.p7s', 'OpenSSL passes over the content given beside'],
  ['indefinite.p7s', 'OpenSSL reads BER'],
  ['trailing.p7s', 'OpenSSL reads no further than the end'],
  ['weak-key.p7s', 'OpenSSL takes RSA keys of 1024 bits here'],
  ['no-basic-constraints.p7s', 'to OpenSSL its key usage makes it an authority'],
])

test.each(readdirSync(VECTORS).filter((name) => name.endsWith('.p7s')))('%s', (name) => {
  const text = readFileSync(join(VECTORS, name), 'utf8')
  const [, expected, time, content, base64] =
    /^about: .*\nexpect: (.*)\nat: (.*)\ncontent: (.*)\n\n([A-Za-z0-9+/=\n]*)$/.exec(text) ?? []
  const signature = join(folder, name)
  writeFileSync(signature, Buffer.from(base64!, 'base64'))
  const files = ['-in', signature, '-content', join(VECTORS, content!), '-CAfile', join(VECTORS, 'authority.pem')]
  const how = ['-verify', '-binary', '-inform', 'DER', '-purpose', 'smimesign', '-attime', String(parseTime(time!))]
  const { status } = spawnSync('openssl', ['cms', ...how, ...files, '-out', '/dev/null'])
  // To OpenSSL a certificate is over at its last second already; RFC 5280 section 4.1.2.5 has that second inclusive.
  if (name === 'good-last-second.p7s') expect(status).not.toBe(0)
  else if (expected === 'verified') expect(status).toBe(0)
  else if (!STRICTER.has(name)) expect(status).not.toBe(0)
})
