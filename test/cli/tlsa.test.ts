import 'reflect-metadata'
import { createPublicKey, webcrypto } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:tls'
import * as x509 from '@peculiar/x509'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Certificate, createAuthority, createLeaf, credentials, tlsaFor } from '../lab/certificates.ts'
import { type Lab, startLab } from '../lab/index.ts'
import { file, temporaryFolder } from './files.ts'
import { invoke } from './invoke.ts'
import { networkArguments } from './lab-files.ts'

const folder = temporaryFolder()
let root: Certificate
let intermediate: Certificate
let leaf: Certificate
let chain: string
let alone: string
let request: string
let publicKey: string
let spki: Buffer

beforeAll(async () => {
  root = await createAuthority({ commonName: 'Root' })
  intermediate = await createAuthority({ commonName: 'Intermediate' }, root)
  leaf = await createLeaf({ names: ['mx.example.com'], at: 1_790_000_000 }, intermediate)
  chain = file(folder, 'chain.pem', (await credentials(leaf)).cert)
  alone = file(folder, 'leaf.pem', (await credentials(leaf, [])).cert)
  const keys = (await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=next.example.com',
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  })
  request = file(folder, 'next.csr', csr.toString('pem'))
  spki = Buffer.from(await webcrypto.subtle.exportKey('spki', keys.publicKey))
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  publicKey = file(folder, 'next.pub', key.export({ format: 'pem', type: 'spki' }) as string)
})

const hex = (der: Uint8Array, usage: number, selector: number, type: number) =>
  Buffer.from(tlsaFor(der, usage, selector, type).data).toString('hex')
const sha256 = (octets: Uint8Array) =>
  webcrypto.subtle.digest('SHA-256', octets).then((digest) => Buffer.from(digest).toString('hex'))

describe('records', () => {
  test('of a chain: its leaf, as 3 1 1', async () => {
    const { status, stdout, stderr } = await invoke(['tlsa', chain])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toBe(
      `; certificate CN=mx.example.com, valid until 2026-12-20T14:13:20Z\n3 1 1 ${hex(leaf.der, 3, 1, 1)}\n`,
    )
  })

  test.each([
    [['--usage', '3', '--selector', '0', '--matching-type', '2'], 3, 0, 2],
    [['--usage', 'dane-ee', '--selector', 'Cert', '--matching-type', 'Full'], 3, 0, 0],
    [['--usage', 'PKIX-EE', '--selector', 'SPKI', '--matching-type', 'SHA2-512'], 1, 1, 2],
  ])('%j', async (argv, usage, selector, type) => {
    const { stdout } = await invoke(['tlsa', alone, ...argv])
    expect(stdout.split('\n')[1]).toBe(`${usage} ${selector} ${type} ${hex(leaf.der, usage, selector, type)}`)
  })

  test('usage 2 is for every authority of the chain', async () => {
    const { stdout } = await invoke(['tlsa', chain, '--usage', '2', '--json'])
    expect(JSON.parse(stdout)).toEqual({
      owner: null,
      records: [intermediate, root].map(({ der, subject }) => ({
        usage: 2,
        selector: 1,
        matchingType: 1,
        data: hex(der, 2, 1, 1),
        of: { kind: 'certificate', subject: subject.slice(3), notAfter: expect.stringMatching(/Z$/) },
      })),
    })
  })

  test('lines of a zone file, for this key and the next', async () => {
    const { stdout } = await invoke(['tlsa', chain, '--next', request, '--host', 'MX.Example.com', '--port', '465'])
    const lines = stdout.split('\n')
    expect(lines.slice(1, 4)).toEqual([
      `_465._tcp.mx.example.com. IN TLSA 3 1 1 ${hex(leaf.der, 3, 1, 1)}`,
      '; certificate request CN=next.example.com',
      `_465._tcp.mx.example.com. IN TLSA 3 1 1 ${await sha256(spki)}`,
    ])
  })

  test('of a public key, and the same key once', async () => {
    const { stdout } = await invoke(['tlsa', publicKey, '--next', request])
    expect(stdout).toBe(`; certificate request CN=next.example.com\n3 1 1 ${await sha256(spki)}\n`)
  })

  test.each([
    ['selector 0 of a request', () => [request, '--selector', '0'], 'no certificate, and selector 0', /selector 1/],
    ['selector 0 of a key', () => [publicKey, '--selector', '0'], 'a public key is no certificate', /selector 1/],
    ['usage 2 of a leaf', () => [alone, '--usage', '2'], 'stands for an authority', /usage 3/],
    ['an unknown usage', () => [alone, '--usage', '4'], '--usage: certificate usage 4 has no meaning', /3 DANE-EE/],
    ['a private usage', () => [alone, '--usage', '255'], '--usage: certificate usage 255', /2 DANE-TA/],
    ['an unknown matching type', () => [alone, '--matching-type', 'SHA1'], '--matching-type: the matching', undefined],
    ['nothing', () => [], 'neither CERT.pem nor --check', /--help/],
    ['--days alone', () => [alone, '--days', '3'], '--days goes with --check', undefined],
    ['--protocol alone', () => [alone, '--protocol', 'tls'], '--protocol goes with --check', undefined],
    ['--sni alone', () => [alone, '--sni', 'a.example'], '--sni goes with --check', undefined],
    ['--host and --check', () => [alone, '--host', 'a', '--check', 'b'], '--host and --check exclude', undefined],
    [
      'a broken key',
      () => [file(folder, 'odd.pub', pem('PUBLIC KEY', '30023000'))],
      'odd.pub:1: the public key',
      undefined,
    ],
    [
      'a broken request',
      () => [file(folder, 'odd.csr', pem('CERTIFICATE REQUEST', '30023000'))],
      'odd.csr:1',
      undefined,
    ],
  ])('%s is refused', async (_, argv, message, hint) => {
    const { status, stdout, stderr } = await invoke(['tlsa', ...argv()])
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' })
    expect(stderr).toContain(message)
    if (hint !== undefined) expect(stderr).toMatch(hint)
  })
})

describe('--check', () => {
  let lab: Lab
  let network: string[]

  beforeAll(async () => {
    lab = await startLab()
    network = networkArguments(folder, lab)
  })
  afterAll(() => lab.close())

  const check = async (host: string, ...argv: string[]) => {
    const { status, stdout, stderr } = await invoke(['tlsa', '--check', host, ...argv, ...network, '--json'])
    expect(stderr).toBe('')
    const document = JSON.parse(stdout)
    return { status, document, codes: document.warnings.map(({ code }: { code: string }) => code) }
  }

  test('a host in order', async () => {
    const { status, document } = await check('mx.p256.test')
    expect(status).toBe(0)
    const record = { usage: 3, selector: 1, matchingType: 1, data: expect.stringMatching(/^[0-9a-f]{64}$/) }
    expect(document).toEqual({
      host: 'mx.p256.test.',
      port: 25,
      tlsaBase: 'mx.p256.test.',
      level: 'dane',
      tlsa: { status: 'secure', records: [{ ...record, usable: true, why: null, matches: true }] },
      served: [
        {
          address: lab.mail.get('mx.p256.test')!.address,
          port: lab.smtpPort,
          sni: 'mx.p256.test',
          protocol: 'TLSv1.3',
          certificates: expect.any(Number),
          authenticated: true,
          matched: { ...record, depth: 0 },
          error: null,
          records: [{ ...record, usable: true, matched: true, why: null }],
        },
      ],
      warnings: [],
      verdict: 'match',
      reason: null,
    })
  })

  test.each([
    ['mx.ta.test', 0, 'match', null],
    ['mx.ta-full.test', 0, 'match', null],
    ['mx.new-and-old.test', 0, 'match', null],
    ['mx.mismatch.test', 3, 'mismatch', 'no usable TLSA record matches'],
    ['mx.ta-name.test', 3, 'mismatch', 'the certificate is for'],
    ['mx.no-starttls.test', 3, 'mismatch', 'STARTTLS'],
    ['mx.unusable.test', 3, 'mismatch', 'none of the TLSA records is usable'],
    ['mx.no-tlsa.test', 3, 'mismatch', 'has no TLSA records'],
    ['mx.servfail.test', 3, 'mismatch', ''],
    ['mx.absent.test', 4, 'unreachable', 'has no address'],
  ])('%s: %i', async (host, expected, verdict, reason) => {
    const { status, document } = await check(host)
    expect({ status, verdict: document.verdict }).toEqual({ status: expected, verdict })
    if (reason === null) expect(document.reason).toBeNull()
    else expect(document.reason).toContain(reason)
  })

  test('records that match nothing which is shown are marked', async () => {
    const { document } = await check('mx.new-and-old.test')
    expect(document.tlsa.records.map(({ matches }: { matches: boolean }) => matches).sort()).toEqual([
      false,
      true,
      true,
    ])
  })

  test('what cannot be used is a warning', async () => {
    const { codes } = await check('mx.unusable.test')
    expect(codes).toEqual(['unusable-record', 'unusable-record'])
  })

  test('where nothing is published, what would be', async () => {
    const { document, codes } = await check('mx.no-tlsa.test')
    expect(codes).toEqual(['no-record'])
    const { cert } = lab.internet.hosts.get('mx.no-tlsa.test')!.credentials
    const { stdout } = await invoke(['tlsa', file(folder, 'shown.pem', cert), '--host', 'mx.no-tlsa.test'])
    expect(document.warnings[0].text).toBe(`publish ${stdout.split('\n')[1]}`)
    // An unsigned zone cannot make it count.
    expect((await check('mx.unsigned.test')).codes).toEqual([])
  })

  test('a certificate that has ended, and no record for what comes next', async () => {
    const { status, document, codes } = await check('mx.expired-certificate.test')
    expect({ status, verdict: document.verdict }).toEqual({ status: 2, verdict: 'warnings' })
    expect(codes).toEqual(['expires', 'no-next-record'])
    expect(document.warnings[0].text).toMatch(/ended .* ago, at .*; DANE-EE\(3\) does not look at that/)
  })

  test('--days looks further ahead', async () => {
    expect((await check('mx.p256.test', '--days', '3650')).codes).toEqual(['expires', 'no-next-record'])
    expect((await check('mx.p256.test', '--days', '0')).codes).toEqual([])
    expect((await check('mx.new-and-old.test', '--days', '3650')).codes).toEqual(['expires'])
    // The dates of the authority count where it is what a record is for.
    const { codes, document } = await check('mx.ta.test', '--days', '3650')
    const { depth } = document.served[0].matched
    expect(depth).toBeGreaterThan(0)
    expect(codes).toEqual(Array(depth + 1).fill('expires'))
    expect(document.warnings[0].text).not.toContain('DANE-EE')
  })

  test('a file is what comes next', async () => {
    const { status, document, codes } = await check('mx.p256.test', alone)
    expect({ status, codes }).toEqual({ status: 2, codes: ['next-not-published'] })
    expect(document.warnings[0].text).toContain(`add 3 1 1 ${hex(leaf.der, 3, 1, 1)}`)
    const present = lab.internet.hosts.get('mx.p256.test')!.credentials.cert
    expect((await check('mx.p256.test', file(folder, 'present.pem', present))).status).toBe(0)
    // Another selector and digest of the same certificate will do.
    const other = ['--selector', '0', '--matching-type', '2']
    expect((await check('mx.p256.test', file(folder, 'present.pem', present), ...other)).status).toBe(0)
  })

  test('every name for SNI', async () => {
    const { document } = await check('mx.p256.test', '--sni', 'mail.p256.test', '--sni', 'mx.p256.test')
    expect(document.served.map(({ sni }: { sni: string }) => sni)).toEqual(['mx.p256.test', 'mail.p256.test'])
  })

  describe('TLS from the first octet on', () => {
    let server: Server
    let direct: string[]

    beforeAll(async () => {
      const { credentials } = lab.internet.hosts.get('mx.p256.test')!
      server = createServer({ key: credentials.key, cert: credentials.cert }, (socket) => {
        socket.on('error', () => undefined)
      })
      await new Promise<void>((done) => server.listen(0, lab.mail.get('mx.p256.test')!.address, done))
      const at = network.indexOf('--connect-port') + 1
      direct = network.with(at, String((server.address() as AddressInfo).port))
    })
    afterAll(() => server.close())

    const ask = async (...argv: string[]) => {
      const { status, stdout } = await invoke(['tlsa', '--check', 'mx.p256.test', ...argv, ...direct, '--json'])
      return { status, document: JSON.parse(stdout) }
    }

    test('by --protocol tls', async () => {
      const { status, document } = await ask('--protocol', 'tls', '--sni', 'mail.p256.test')
      expect({ status, verdict: document.verdict }).toEqual({ status: 0, verdict: 'match' })
      expect(document.served).toMatchObject([
        { sni: 'mx.p256.test', protocol: 'TLSv1.3', authenticated: true, error: null },
        { sni: 'mail.p256.test', protocol: 'TLSv1.3', authenticated: true, error: null },
      ])
    })

    test('by the port', async () => {
      // There are no records for this port: what is shown is all there is to see.
      const { document } = await ask('--port', '993')
      expect(document).toMatchObject({
        verdict: 'mismatch',
        served: [{ protocol: 'TLSv1.3', error: expect.any(String) }],
      })
    })

    test('a server that speaks no TLS before it is asked to', async () => {
      const { status, stdout } = await invoke([
        ...['tlsa', '--check', 'mx.p256.test', '--protocol', 'tls', '--json'],
        ...network,
      ])
      expect(status).toBe(3)
      expect(JSON.parse(stdout)).toMatchObject({ verdict: 'mismatch', served: [{ protocol: null, certificates: 0 }] })
      expect(JSON.parse(stdout).reason).toContain('the server does not begin with TLS')
    })
  })

  test('text', async () => {
    const stable = (text: string): string =>
      text
        .replace(/127\.0\.0\.[0-9]+/g, 'ADDRESS')
        .replaceAll(`:${lab.smtpPort}`, ':PORT')
        .replace(/\b(?!0{64})[0-9a-f]{64,128}\b/g, 'DIGEST')
        .replace(/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z/g, 'TIME')
    for (const host of ['mx.mismatch.test', 'mx.expired-certificate.test']) {
      const { stdout } = await invoke(['tlsa', '--check', host, ...network])
      await expect(stable(stdout)).toMatchFileSnapshot(`golden/tlsa-check-${host}.txt`)
    }
  })
})

function pem(label: string, hexadecimal: string): string {
  return `-----BEGIN ${label}-----\n${Buffer.from(hexadecimal, 'hex').toString('base64')}\n-----END ${label}-----\n`
}
