import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type DkimSigner, dkimSignature, dkimSigner } from '../../../src/smtp/tlsrpt/dkim.ts'
import { reportMessage } from '../../../src/smtp/tlsrpt/mail.ts'
import { type PreparedReport, prepareReport } from '../../../src/smtp/tlsrpt/report.ts'
import { Tally } from '../../../src/smtp/tlsrpt/tally.ts'
import { verifyDkim } from './dkim-verifier.ts'
import { faults } from './schema.ts'
import { failed, session } from './sessions.ts'

const REPORTER = {
  organization: 'Example „Mail“',
  contact: 'tls@sender.example',
  submitter: 'sender.example',
  instance: '0123456789abcdef',
}
const VECTORS = new URL('../../vectors/tlsrpt/', import.meta.url)
const vector = (name: string): string => readFileSync(new URL(name, VECTORS), 'utf8')

function prepared(...sessions: Parameters<Tally['add']>[0][]): PreparedReport {
  const tally = new Tally()
  for (const each of sessions) tally.add(each)
  return prepareReport(tally.domains()[0]!, '2026-11-21', REPORTER)
}

const WHOLE = prepared(
  session(),
  failed(),
  failed(),
  session({
    policyType: 'sts',
    policyStrings: ['version: STSv1'],
    policyDomain: 'example.com.',
    mxHosts: ['*.example.com'],
  }),
  session({ policyType: 'no-policy-found', policyStrings: [], policyDomain: 'example.com.', mxHosts: [] }),
  failed('hung up', { sendingAddress: null, receivingAddress: null, receivingHelo: null, policyStrings: ['x'] }),
)

describe('the document', () => {
  test('is that of RFC 8460 section 4.4', () => {
    expect(WHOLE.report).toEqual({
      'organization-name': 'Example „Mail“',
      'date-range': { 'start-datetime': '2026-11-21T00:00:00Z', 'end-datetime': '2026-11-21T23:59:59Z' },
      'contact-info': 'tls@sender.example',
      'report-id': expect.stringMatching(/^2026-11-21\.[0-9a-f]{16}$/),
      policies: [
        {
          policy: {
            'policy-type': 'tlsa',
            'policy-string': ['3 1 1 00'],
            'policy-domain': 'mx.example.com',
            'mx-host': ['mx.example.com'],
          },
          summary: { 'total-successful-session-count': 1, 'total-failure-session-count': 2 },
          'failure-details': [
            {
              'result-type': 'validation-failure',
              'sending-mta-ip': '192.0.2.1',
              'receiving-mx-hostname': 'mx.example.com',
              'receiving-mx-helo': 'mx.example.com',
              'receiving-ip': '192.0.2.25',
              'failed-session-count': 2,
              'failure-reason-code': 'no usable TLSA record matches',
            },
          ],
        },
        {
          policy: {
            'policy-type': 'sts',
            'policy-string': ['version: STSv1'],
            'policy-domain': 'example.com',
            'mx-host': ['*.example.com'],
          },
          summary: { 'total-successful-session-count': 1, 'total-failure-session-count': 0 },
        },
        {
          policy: { 'policy-type': 'no-policy-found', 'policy-domain': 'example.com' },
          summary: { 'total-successful-session-count': 1, 'total-failure-session-count': 0 },
        },
        {
          policy: {
            'policy-type': 'tlsa',
            'policy-string': ['x'],
            'policy-domain': 'mx.example.com',
            'mx-host': ['mx.example.com'],
          },
          summary: { 'total-successful-session-count': 0, 'total-failure-session-count': 1 },
          'failure-details': [
            {
              'result-type': 'validation-failure',
              'receiving-mx-hostname': 'mx.example.com',
              'failed-session-count': 1,
              'failure-reason-code': 'hung up',
            },
          ],
        },
      ],
    })
  })

  test('fits the schema, as does the example of RFC 8460 appendix B, and others do not', () => {
    const example = JSON.parse(vector('rfc8460-appendix-b.json'))
    expect(faults(WHOLE.report)).toEqual([])
    expect(faults(example)).toEqual([])
    expect(faults({ ...example, policies: [] })).toEqual(['report.policies: too few'])
    expect(faults({ ...example, 'report-id': 7 })).toEqual(['report.report-id: no string'])
    expect(faults({ ...example, extra: 7 })).toEqual(['report: extra is unknown'])
  })

  test('is what is sent, compressed', () => {
    expect(JSON.parse(gunzipSync(WHOLE.octets).toString())).toEqual(WHOLE.report)
  })

  test('the file name is that of section 5.1', () => {
    const unique = WHOLE.report['report-id'].split('.')[1]
    expect(WHOLE.fileName).toBe(`sender.example!example.com!1795219200!1795305599!${unique}.json.gz`)
    expect(new Date(1_795_219_200_000).toISOString()).toBe('2026-11-21T00:00:00.000Z')
  })

  test('the same counts have the same identifier, others another', () => {
    expect(prepared(session()).report['report-id']).toBe(prepared(session()).report['report-id'])
    const ids = [session(), failed(), session({ domain: 'example.net.' })].map(
      (each) => prepared(each).report['report-id'],
    )
    const other = prepareReport({ domain: 'example.com.', policies: [] }, '2026-11-21', {
      ...REPORTER,
      instance: 'fedcba9876543210',
    })
    expect(new Set([...ids, other.report['report-id']]).size).toBe(4)
  })
})

const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 })
const ed25519 = generateKeyPairSync('ed25519')
const pem = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString()
const KEYS = {
  'rsa._domainkey.sender.example': `v=DKIM1; k=rsa; p=${rsa.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')}`,
  'ed._domainkey.sender.example': `v=DKIM1; k=ed25519; p=${ed25519.publicKey.export({ format: 'der', type: 'spki' }).subarray(12).toString('base64')}`,
}
const signer = (selector: 'rsa' | 'ed'): DkimSigner =>
  dkimSigner('sender.example', selector, pem((selector === 'rsa' ? rsa : ed25519).privateKey))

describe('as mail', () => {
  const NOW = new Date('2026-11-22T03:04:05Z')
  const message = (dkim: DkimSigner | null, to = 'reports@example.com'): string => {
    const sender = { from: 'tls@sender.example', submitter: 'sender.example', dkim }
    return Buffer.from(reportMessage(WHOLE, to, sender, NOW).octets!).toString('latin1')
  }

  test('has the fields and parts of section 5.3', () => {
    const text = message(null)
    const [header, body] = [text.slice(0, text.indexOf('\r\n\r\n')), text.slice(text.indexOf('\r\n\r\n') + 4)]
    const id = WHOLE.report['report-id']
    const unfolded = header.replace(/\r\n /g, ' ').split('\r\n')
    expect(unfolded).toEqual([
      'From: tls@sender.example',
      'To: reports@example.com',
      `Subject: Report Domain: example.com Submitter: sender.example Report-ID: <${id}@sender.example>`,
      'Date: Sun, 22 Nov 2026 03:04:05 +0000',
      expect.stringMatching(/^Message-ID: <2026-11-21\.[0-9a-f]{24}@sender\.example>$/),
      'TLS-Report-Domain: example.com',
      'TLS-Report-Submitter: sender.example',
      'TLS-Required: No',
      'Auto-Submitted: auto-generated',
      'MIME-Version: 1.0',
      expect.stringMatching(/^Content-Type: multipart\/report; report-type="tlsrpt"; boundary="report-[0-9a-f]{24}"$/),
    ])
    const boundary = /boundary="(.*)"/.exec(header)![1]!
    const parts = body.split(`--${boundary}`)
    expect(parts).toHaveLength(4)
    expect([parts[0], parts[3]]).toEqual(['', '--\r\n'])
    expect(parts[1]).toMatch(/^\r\nContent-Type: text\/plain; charset=us-ascii\r\n\r\n[ -~\r\n]+\r\n$/)
    const [above, content] = parts[2]!.split('\r\n\r\n')
    expect(above!.replace(/\r\n /g, ' ')).toBe(
      '\r\nContent-Type: application/tlsrpt+gzip\r\nContent-Transfer-Encoding: base64\r\n' +
        `Content-Disposition: attachment; filename="${WHOLE.fileName}"`,
    )
    expect(Buffer.from(content!, 'base64')).toEqual(Buffer.from(WHOLE.octets))
    for (const line of text.split('\r\n')) expect(line.length).toBeLessThan(140)
  })

  test.each(['rsa', 'ed'] as const)(
    'signed by %s: verifies, and no longer once anything is changed or added',
    (selector) => {
      const text = message(signer(selector))
      expect(verifyDkim(text, KEYS)).toEqual(['pass'])
      expect(verifyDkim(text.replace('Report Domain: example.com', 'Report Domain: example.net'), KEYS)).toEqual([
        'another signature',
      ])
      expect(verifyDkim(text.replace('as counted by', 'as invented by'), KEYS)).toEqual(['another body'])
      expect(verifyDkim(text.replace('\r\nTo:', '\r\nFrom: other@example.com\r\nTo:'), KEYS)).toEqual([
        'another signature',
      ])
      expect(verifyDkim(text.replace('\r\nTo:', '\r\ntls-report-domain: x\r\nTo:'), KEYS)).toEqual([
        'another signature',
      ])
      expect(verifyDkim(text.replace('a=', 'l=1; a='), KEYS)).toEqual(['a length'])
    },
  )

  test('to two addresses, with two identifiers', () => {
    const ids = ['a@example.com', 'b@example.com'].map((to) => /Message-ID: (.*)/.exec(message(null, to))![1])
    expect(new Set(ids).size).toBe(2)
  })
})

describe('DKIM', () => {
  const EXAMPLE = `${vector('dkim/rfc8463.eml').replaceAll('\n', '\r\n')}\r\n`

  test('the verifier of these tests agrees with RFC 8463 appendix A', () => {
    expect(verifyDkim(EXAMPLE, JSON.parse(vector('dkim/rfc8463.json')))).toEqual(['pass', 'pass'])
  })

  test('white space, folds and empty lines at the end do not matter (RFC 6376 section 3.4)', () => {
    const fields = [
      ['From', '  a@sender.example'],
      ['SUBJECT', ' a\r\n\t b  c \t'],
      ['Received', ' below'],
      ['Received', ' above'],
    ] as const
    for (const body of ['', '\r\n', 'a  b \t\r\n\r\nc\r\n\r\n\r\n', 'a', ' \r\n \r\n', 'x\r\n \t\r\n']) {
      const [name, value] = dkimSignature(signer('ed'), fields, body, ['from', 'subject', 'received', 'to'], 1)
      const header = [[name, value], ...fields].map((field) => `${field.join(':')}\r\n`).join('')
      expect(verifyDkim(`${header}\r\n${body}`, KEYS)).toEqual(['pass'])
    }
  })

  test.each([
    ['no PEM', 'x', 'bad-config'],
    ['a public key', rsa.publicKey.export({ format: 'pem', type: 'spki' }).toString(), 'bad-config'],
    ['a key of another kind', pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey), 'bad-config'],
    ['a short RSA key', pem(generateKeyPairSync('rsa', { modulusLength: 768 }).privateKey), 'bad-config'],
  ])('%s is refused', (_, text, code) => {
    expect(() => dkimSigner('sender.example', 's', text)).toThrow(expect.objectContaining({ code }))
  })

  test('names that could change the signature are refused', () => {
    const key = pem(ed25519.privateKey)
    expect(() => dkimSigner('sender.example; l=0', 's', key)).toThrow(/^domain: /)
    expect(() => dkimSigner('sender.example', 's;x', key)).toThrow(/^selector: /)
  })
})
