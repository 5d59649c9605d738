import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deliveryStatusMessage } from '../../../src/smtp/delivery-status/report.ts'
import type { DeliveryStatus, RecipientStatus } from '../../../src/smtp/delivery-status/report-types.ts'
import { headerOf, messageIdOf } from '../../../src/smtp/delivery-status/returned.ts'
import { type VectorOctets, vectorOctets, vectors } from '../vectors.ts'

interface Vector {
  readonly status: Omit<Partial<DeliveryStatus>, 'recipients'> & {
    readonly to: string
    readonly full?: boolean
    readonly recipients: readonly (Partial<Omit<RecipientStatus, 'lastAttempt' | 'retryUntil'>> & {
      readonly address: string
      readonly lastAttempt?: string
      readonly retryUntil?: string
    })[]
  }
  readonly original: VectorOctets
  readonly expect: Expected
}

interface Expected {
  readonly type: string
  readonly returned: string
  readonly message: Readonly<Record<string, string>>
  readonly recipients: readonly Readonly<Record<string, string>>[]
}

const NOW = new Date('2026-11-22T18:00:00Z')
const ARRIVAL = new Date('2026-11-22T13:00:00Z')
const NONCE = '0123456789abcdef0123456789abcdef'
const VECTORS = vectors<Vector>('delivery-status')

function built({ status, original }: Pick<Vector, 'status' | 'original'>): Buffer {
  const octets = vectorOctets(original)
  const message = deliveryStatusMessage({
    reportingMta: 'mail.sender.test',
    now: NOW,
    arrival: ARRIVAL,
    envelopeId: null,
    tlsRequiredNo: false,
    inReplyTo: messageIdOf(octets),
    nonce: NONCE,
    ...status,
    original: status.full === true ? { kind: 'full', octets } : { kind: 'headers', octets: headerOf(octets) },
    recipients: status.recipients.map(({ lastAttempt, retryUntil, ...recipient }) => ({
      originalRecipient: null,
      expired: false,
      ...recipient,
      lastAttempt: lastAttempt === undefined ? null : new Date(lastAttempt),
      retryUntil: retryUntil === undefined ? null : new Date(retryUntil),
    })) as RecipientStatus[],
  } as DeliveryStatus)
  return Buffer.from(message.octets!)
}

/** The three parts, by the boundary alone. */
function parts(message: Buffer): { header: string; body: string }[] {
  const text = message.toString('latin1')
  const boundary = /\r\n boundary="([^"]+)"\r\n/.exec(text)![1]!
  const pieces = text.split(`\r\n--${boundary}`)
  expect(pieces).toHaveLength(5)
  expect(pieces[4]).toBe('--\r\n')
  return pieces.slice(1, 4).map((piece) => {
    const end = piece.indexOf('\r\n\r\n')
    return { header: piece.slice(2, end + 2), body: piece.slice(end + 4) }
  })
}

/** Groups of fields, unfolded. */
function groups(body: string): Record<string, string>[] {
  return body
    .replace(/\r\n(?=[ \t])/g, '')
    .split('\r\n\r\n')
    .map((group) =>
      Object.fromEntries(
        group
          .split('\r\n')
          .filter((line) => line !== '')
          .map((line) => /^([A-Za-z-]+): (.*)$/.exec(line)!.slice(1) as [string, string]),
      ),
    )
    .filter((group) => Object.keys(group).length > 0)
}

/** RFC 2045, as the part says. */
function decoded(header: string, body: string): string {
  const encoding = /Content-Transfer-Encoding: (.+)\r\n/.exec(header)?.[1]
  const octets =
    encoding === 'base64'
      ? Buffer.from(body, 'base64')
      : encoding === 'quoted-printable'
        ? Buffer.from(
            body
              .replace(/=\r\n/g, '')
              .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
            'latin1',
          )
        : Buffer.from(body, 'latin1')
  return octets.toString('utf8')
}

describe.each(VECTORS)('$name: $what', (vector) => {
  const message = built(vector)
  const [human, status, returned] = parts(message) as [
    ReturnType<typeof parts>[0],
    ReturnType<typeof parts>[0],
    ReturnType<typeof parts>[0],
  ]

  test('says so to machines', () => {
    const [about, ...recipients] = groups(status.body)
    expect(about).toEqual(vector.expect.message)
    expect(recipients).toEqual(vector.expect.recipients)
    expect(status.header).toContain('Content-Type: message/delivery-status\r\n')
  })

  test('and to people', () => {
    const text = decoded(human.header, human.body)
    for (const { address } of vector.status.recipients) expect(text).toContain(`<${address}>`)
    expect(text).not.toMatch(/[^\P{Cc}\r\n]|\p{Cf}/u)
  })

  test('gives back what it should', () => {
    expect(returned.header).toContain(`Content-Type: ${vector.expect.type}\r\n`)
    expect(decoded(returned.header, returned.body)).toBe(vector.expect.returned)
  })

  test('has lines that go everywhere', () => {
    for (const line of message.toString('latin1').split('\r\n')) expect(line.length).toBeLessThanOrEqual(998)
    expect(message.toString('latin1')).not.toMatch(/[^\r]\n|\r[^\n]|\0/)
    const eightBit = message.some((octet) => octet > 0x7f)
    expect(/^Content-Transfer-Encoding: 8bit\r$/m.test(message.toString('latin1'))).toBe(eightBit)
  })

  test('is that of a machine', () => {
    const header = message.toString('latin1').split('\r\n\r\n')[0]!
    expect(header).toContain('\r\nAuto-Submitted: auto-replied\r\n')
    expect(header).toContain(`\r\nTo: <${vector.status.to}>\r\n`)
    expect(header).toContain('\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n')
    expect(header).toContain(`\r\nMessage-ID: <${NONCE}@mail.sender.test>\r\n`)
  })
})

test('another parser reads the same', () => {
  let python = 'python3'
  try {
    execFileSync(python, ['-c', 'import email'])
  } catch {
    python = ''
  }
  if (python === '') return
  const input = JSON.stringify(VECTORS.map((vector) => built(vector).toString('base64')))
  const read = JSON.parse(execFileSync(python, ['-c', PARSER], { input }).toString()) as {
    type: string
    parts: string[]
    groups: [string, string][][]
    defects: number
  }[]
  for (const [index, vector] of VECTORS.entries()) {
    const { type, parts: kinds, groups: found, defects } = read[index]!
    const expected = vector.expect
    expect({ type, kinds, defects }, vector.name).toEqual({
      type: 'delivery-status',
      kinds: ['text/plain', 'message/delivery-status', expected.type],
      defects: 0,
    })
    const unfolded = found.map((group) =>
      Object.fromEntries(group.map(([name, value]) => [name, value.replace(/\r?\n(?=[ \t])/g, '')])),
    )
    expect(unfolded, vector.name).toEqual([expected.message, ...expected.recipients])
  }
})

test('no words of a host get out of their place', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 2000 }),
      fc.string({ unit: 'binary', maxLength: 300 }),
      (text, host) => {
        const recipient = {
          action: 'failed',
          address: 'b@example.test',
          status: '5.0.0',
          host,
          code: 550,
          text,
        } as never
        const message = built({
          status: { to: 'a@sender.test', recipients: [recipient] },
          original: ['Subject: x\r\n\r\n'],
        })
        const [, status] = parts(message)
        const [about, one, ...others] = groups(status!.body)
        expect(others).toEqual([])
        expect(Object.keys(about!)).toEqual(['Reporting-MTA', 'Arrival-Date'])
        expect(Object.keys(one!)).toEqual(['Final-Recipient', 'Action', 'Status', 'Remote-MTA', 'Diagnostic-Code'])
        expect(one).toMatchObject({ Action: 'failed', Status: '5.0.0' })
      },
    ),
    { numRuns: 300 },
  )
})

describe('the Message-ID of the original', () => {
  test.each([
    ['Message-ID: <a@b>\r\n\r\n', '<a@b>'],
    ['Subject: x\nmessage-id:\n <a@b>\n\nMessage-ID: <body@b>\n', '<a@b>'],
    ['Subject: Message-ID: <a@b>\r\n\r\n', null],
    ['Message-ID: <a b@c>\r\n\r\n', null],
    [`Message-ID: <${'a'.repeat(300)}@b>\r\n\r\n`, null],
    ['Message-ID: <\u00e9@b>\r\n\r\n', null],
  ])('%j', (octets, id) => {
    expect(messageIdOf(Buffer.from(octets))).toBe(id)
  })
})

describe('what cannot stand in a message is a mistake', () => {
  const one = {
    action: 'failed',
    address: 'b@example.test',
    status: '5.0.0',
    host: null,
    code: null,
    text: 'x',
  } as const
  test.each([
    [{ recipients: [] }, /^status\.recipients: nobody/],
    [{ recipients: [{ ...one, action: 'failed\r\nX: y' as 'failed' }] }, /is no action$/],
    [{ recipients: [{ ...one, status: '5.0.0\r\nX: y' }] }, /not a status code/],
    [{ to: 'a@sender.test>\r\nBcc: <x@y.test' }, /^status\.to: /],
    [{ reportingMta: 'mail.test\r\nX: y' }, /^status\.reportingMta: /],
    [{ inReplyTo: '<a@b>\r\nX: y' }, /^status\.inReplyTo: /],
    [{ nonce: 'x"\r\nX: y' }, /^status\.nonce: /],
  ])('%j', (wrong, message) => {
    const status = { to: 'a@sender.test', recipients: [one], ...wrong }
    expect(() => built({ status, original: ['Subject: x\r\n\r\n'] })).toThrow(message)
  })
})

test('TLS-Required: No is repeated', () => {
  const recipients = [
    { action: 'failed', address: 'b@example.test', status: '5.0.0', host: null, code: null, text: 'x' },
  ] as never
  const message = built({
    status: { to: 'a@sender.test', tlsRequiredNo: true, recipients },
    original: ['Subject: x\r\n\r\n'],
  })
  expect(message.toString('latin1')).toContain('\r\nTLS-Required: No\r\n')
})

const PARSER = `
import base64, email, email.policy, json, sys
out = []
for text in json.load(sys.stdin):
    message = email.message_from_bytes(base64.b64decode(text), policy=email.policy.compat32)
    parts = message.get_payload()
    defects = len(message.defects) + sum(len(part.defects) for part in parts)
    groups = [list(group.items()) for group in parts[1].get_payload() if group.items()]
    out.append({'type': message.get_param('report-type'), 'parts': [part.get_content_type() for part in parts], 'groups': groups, 'defects': defects})
print(json.dumps(out))
`
