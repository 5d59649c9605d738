/**
 * Somebody on the line to the mail server, for every row of RFC 7672 section 2.2: he hears nothing of a message that
 * a TLSA record protects, whatever he says.
 */
import { describe, expect, test } from 'vitest'
import type { MailBehaviour, MailCommand, ScriptedReply } from '../../lab/mail/behaviour.ts'
import { forged, leaked, victim } from './victim.ts'

const lab = victim()

/** In place of one reply. */
function says(verb: string, reply: ScriptedReply): Partial<MailBehaviour> {
  return { script: (command: MailCommand) => (command.verb === verb && !command.tls ? reply : undefined) }
}

const octets = (text: string): ScriptedReply => ({ reply: Buffer.from(text, 'latin1') })
const EHLO_WITHOUT = '250-mx.test\r\n250 8BITMIME\r\n'
const OLD = 'ALL:@SECLEVEL=0'

/** No TLS comes of these, so that none is encrypted. */
const AGAINST_TLS: readonly (readonly [string, Partial<MailBehaviour>])[] = [
  ['STARTTLS is taken out of the reply to EHLO', { starttls: 'hidden' }],
  ['STARTTLS is turned into another word', says('EHLO', '250-mx.test\n250-XXXXXXXA\n250 SIZE')],
  ['STARTTLS stands in the greeting line of EHLO alone', says('EHLO', '250-STARTTLS\n250 SIZE')],
  ['EHLO is refused', says('EHLO', '502 5.5.1 no EHLO here')],
  ['EHLO is refused for now', says('EHLO', '421 4.3.2 go away')],
  ['STARTTLS: 454', { starttls: 'refuse' }],
  ['STARTTLS: 502', says('STARTTLS', '502 5.5.1 not implemented')],
  ['STARTTLS: 530', says('STARTTLS', '530 5.7.0 not here')],
  ['STARTTLS: 250 in place of 220', says('STARTTLS', '250 2.0.0 done')],
  ['STARTTLS: 354', says('STARTTLS', '354 go ahead in the clear')],
  ['STARTTLS: 220 in two lines of different codes', says('STARTTLS', octets('220-yes\r\n250 no\r\n'))],
  ['STARTTLS: the connection ends', says('STARTTLS', { close: true })],
  ['STARTTLS: silence', says('STARTTLS', { delay: 5_000 })],
  ['the connection ends after 220', { handshake: 'close' }],
  ['silence after 220', { handshake: 'silent' }],
  ['garbage after 220', { handshake: 'garbage' }],
  ['replies to all that is to come, after 220', { inject: `${EHLO_WITHOUT}250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n` }],
  ['one octet after 220', { inject: '2' }],
  ['the reply to EHLO already in the greeting', says('CONNECT', octets(`220 mx.test\r\n${EHLO_WITHOUT}`))],
  [
    'all replies already in the greeting',
    says('CONNECT', octets(`220 mx\r\n${EHLO_WITHOUT}250 ok\r\n250 ok\r\n354 go\r\n`)),
  ],
  ['220 for STARTTLS already behind EHLO', says('EHLO', octets('250-mx.test\r\n250 STARTTLS\r\n220 go\r\n'))],
  ['a reply with a bare LF', says('EHLO', octets('250-mx.test\n250 8BITMIME\n'))],
  ['a reply with a NUL', says('EHLO', octets('250-mx.test\r\n250-START\0TLS\r\n250 8BITMIME\r\n'))],
  ['another service', says('CONNECT', octets('HTTP/1.1 400 Bad Request\r\n\r\n'))],
  ['nothing newer than TLS 1.1', { tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: OLD } }],
  ['nothing newer than TLS 1.0', { tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: OLD } }],
  ['anonymous suites alone', { tls: { maxVersion: 'TLSv1.2', ciphers: 'aNULL:@SECLEVEL=0' } }],
  ['suites without encryption alone', { tls: { maxVersion: 'TLSv1.2', ciphers: 'eNULL:@SECLEVEL=0' } }],
]

/** Rows 25 with DANE-EE and with DANE-TA, 26b with records that are of no use, 28 without records. */
const ROWS = [
  ['p256.test', false],
  ['ta.test', false],
  ['unusable.test', false],
  ['no-tlsa.test', true],
] as const

/** Milliseconds. */
const IMPATIENT = { handshakeTimeout: 150, commandTimeout: 150, quitTimeout: 100 }

test.each(AGAINST_TLS)('rows 25, 26b and 28: %s: not one octet, and the mail waits', async (what, behaviour) => {
  const timeouts = what.includes('silence') ? IMPATIENT : {}
  for (const [domain] of ROWS) lab.lab.attacker.mail.add(`mx.${domain}`, behaviour)
  const all = await Promise.all(ROWS.map(([domain, requireDane]) => lab.send(domain, { requireDane, timeouts })))
  for (const { outcome, sessions } of all) {
    expect(outcome).toMatchObject({ outcome: 'deferred' })
    for (const session of sessions) expect(leaked(session)).toBe(false)
  }
  expect(all[0]!.sessions.length).toBeGreaterThanOrEqual(3)
})

describe('row 25: other certificates', () => {
  const thieves = [
    ['signed by itself, for the right name', 'own'],
    ['by an authority of the same name', 'authority'],
    ['with the true chain behind it', 'stapled'],
  ] as const

  test.each(
    thieves.flatMap(([what, how]) =>
      ['p256.test', 'ta.test', 'ta-full.test'].map((domain) => [what, domain, how] as const),
    ),
  )('%s, %s: leave inside TLS, and nothing else', async (_, domain, how) => {
    const host = `mx.${domain}`
    const truth = lab.lab.internet.hosts.get(host)!.credentials
    const shown = await forged(host, how, truth)
    lab.lab.attacker.mail.add(host, { credentials: shown })
    const { outcome, sessions } = await lab.send(domain)
    expect(outcome).toMatchObject({ outcome: 'deferred', verdict: 'refused', level: 'dane' })
    for (const session of sessions) {
      expect(leaked(session)).toBe(false)
      expect(session.octets('client', true).toString()).toMatch(/^(QUIT\r\n)?$/)
    }
  })

  test('row 28, DANE is a must, and no record is usable: nobody is called', async () => {
    const { outcome, sessions } = await lab.send('unusable.test', { requireDane: true })
    expect(outcome).toMatchObject({ outcome: 'deferred', verdict: 'refused' })
    expect(sessions).toEqual([])
  })

  test('the next host gets what the attacked one does not', async () => {
    const truth = lab.lab.internet.hosts.get('mx2.two-hosts.test')!.credentials
    lab.lab.attacker.mail.add('mx1.two-hosts.test', {
      credentials: await forged('mx1.two-hosts.test', 'stapled', truth),
    })
    const { outcome, sessions } = await lab.send('two-hosts.test')
    expect(outcome).toMatchObject({ outcome: 'delivered', verdict: 'verified', host: 'mx2.two-hosts.test.' })
    expect(sessions.map((session) => leaked(session))).toEqual([false, true])
  })
})

describe('row 25b: what was said in the clear is forgotten', () => {
  test('extensions announced in front of TLS alone are not used', async () => {
    lab.lab.attacker.mail.add('mx.p256.test', {
      extensions: ['PIPELINING', 'SIZE 5', 'CHUNKING', 'DSN', '8BITMIME', 'SMTPUTF8', 'AUTH PLAIN'],
      extensionsInTls: ['HELP'],
    })
    const { outcome, sessions } = await lab.send('p256.test')
    expect(outcome).toMatchObject({ outcome: 'delivered', verdict: 'verified' })
    expect(sessions[0]!.octets('client', true).toString()).toMatch(
      /^EHLO client\.example\r\nMAIL FROM:<xyzzy-from@sender\.test>\r\nRCPT TO:<xyzzy-to@p256\.test>\r\nDATA\r\n/,
    )
    expect(leaked(sessions[0]!, 'in the clear')).toBe(false)
  })

  test('nor where EHLO is refused inside TLS, and HELO announces nothing', async () => {
    lab.lab.attacker.mail.add('mx.p256.test', {
      extensions: ['PIPELINING', 'SIZE 100000', 'CHUNKING', 'DSN', '8BITMIME', 'SMTPUTF8'],
      script: ({ verb, tls }) => (verb === 'EHLO' && tls ? '502 5.5.1 no EHLO here' : undefined),
    })
    const { outcome, sessions } = await lab.send('p256.test')
    expect(outcome).toMatchObject({ outcome: 'delivered', verdict: 'verified' })
    expect(sessions[0]!.octets('client', true).toString()).toMatch(
      /^EHLO client\.example\r\nHELO client\.example\r\nMAIL FROM:<xyzzy-from@sender\.test>\r\nRCPT TO:<xyzzy-to@p256\.test>\r\nDATA\r\n/,
    )
  })

  test('STARTTLS announced inside TLS is not said again', async () => {
    lab.lab.attacker.mail.add('mx.p256.test', { extensionsInTls: ['STARTTLS', 'AUTH PLAIN'] })
    const { outcome, sessions } = await lab.send('p256.test')
    expect(outcome).toMatchObject({ outcome: 'delivered', verdict: 'verified' })
    expect(sessions[0]!.commands.filter(({ verb }) => verb === 'STARTTLS')).toHaveLength(1)
  })
})

describe('row 27: no records', () => {
  test('an attacker gets what was never promised, and it is called by its name', async () => {
    lab.lab.attacker.mail.add('mx.no-tlsa.test', { starttls: 'hidden' })
    const { outcome } = await lab.send('no-tlsa.test')
    expect(outcome).toMatchObject({ outcome: 'delivered', verdict: 'cleartext', level: 'may' })
  })

  test('what was injected behind STARTTLS ends the connection there too', async () => {
    lab.lab.attacker.mail.add('mx.no-tlsa.test', { inject: '250 ok\r\n' })
    const { outcome, sessions } = await lab.send('no-tlsa.test')
    expect(outcome).toMatchObject({ outcome: 'deferred', verdict: 'refused' })
    for (const session of sessions) expect(leaked(session)).toBe(false)
  })
})

describe('row 30: nothing is resumed', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    '%s: tickets are not kept; the next certificate is looked at',
    async (version) => {
      lab.lab.attacker.mail.add('mx.p256.test', { tls: { minVersion: version, maxVersion: version } })
      for (let time = 0; time < 2; time++) {
        const { outcome } = await lab.send('p256.test')
        expect(outcome.attempts).toMatchObject([{ protocol: version, authenticated: true, matched: { usage: 3 } }])
      }
      lab.lab.attacker.clear()
      lab.lab.attacker.mail.add('mx.p256.test', { credentials: await forged('mx.p256.test') })
      const { outcome, sessions } = await lab.send('p256.test')
      expect(outcome).toMatchObject({ outcome: 'deferred', verdict: 'refused' })
      expect(leaked(sessions[0]!)).toBe(false)
    },
  )
})
