/** Somebody who answers DNS questions as he likes: mail goes to the right host over the right TLS, or waits. */
import { expect, test } from 'vitest'
import { toHex } from '../../../src/wire/presentation/encodings.ts'
import {
  corrupt,
  type forge as Forge,
  forge,
  hangUp,
  impostor,
  rcode,
  silence,
  strip,
  truncate,
} from '../../lab/attacker.ts'
import type { DnsAction } from '../../lab/attack/plan.ts'
import { tlsaFor } from '../../lab/certificates.ts'
import type { QuestionMatch } from '../../lab/attack/dns-attacks.ts'
import { RRType } from '../../../src/wire/codes/rrtype.ts'
import { leaked, THIEF, victim } from './victim.ts'

const lab = victim()

const DOMAIN = 'p256.test'
const HOST = `mx.${DOMAIN}`
const TLSA_NAME = `_25._tcp.${HOST}`

/** RDATA that fits what the thief shows. */
function thiefsTlsa(): string {
  const { data } = tlsaFor(lab.thief.behaviour.credentials.chain[0]!, 3, 1, 1)
  return `3 1 1 ${toHex(data)}`
}

type Attack = readonly [string, QuestionMatch, () => DnsAction[]]
const forgeRecords = (records: () => string, options?: Parameters<typeof Forge>[1]) => (): DnsAction[] => [
  forge(records(), options),
]

const TLSA = { name: TLSA_NAME, type: 'TLSA' } as const
const MX = { name: DOMAIN, type: 'MX' } as const
const A = { name: HOST, type: 'A' } as const
const DS = { name: DOMAIN, type: 'DS' } as const
const KEY = { name: DOMAIN, type: 'DNSKEY' } as const

/** Each together with a thief at the forged address; he shows the certificate that forged TLSA records are of. */
const FORGERIES: readonly Attack[] = [
  ["TLSA of the thief's key, with the old signature", TLSA, forgeRecords(() => `${TLSA_NAME}. TLSA ${thiefsTlsa()}`)],
  [
    "TLSA of the thief's key, unsigned",
    TLSA,
    forgeRecords(() => `${TLSA_NAME}. TLSA ${thiefsTlsa()}`, { signatures: 'drop' }),
  ],
  ['TLSA of no use, unsigned', TLSA, forgeRecords(() => `${TLSA_NAME}. TLSA 1 1 1 00`, { signatures: 'drop' })],
  ['TLSA without its signature', TLSA, () => [strip()]],
  ['TLSA with a bad signature', TLSA, () => [corrupt(RRType.RRSIG)]],
  ['TLSA by an alias to the thief', TLSA, forgeRecords(() => `${TLSA_NAME}. CNAME tlsa.thief.test.`)],
  ['TLSA: no such name', TLSA, () => [rcode('NXDOMAIN')]],
  ['TLSA: no such record', TLSA, () => [rcode('NOERROR')]],
  ['TLSA: SERVFAIL', TLSA, () => [rcode('SERVFAIL')]],
  ['TLSA: REFUSED', TLSA, () => [rcode('REFUSED')]],
  ['TLSA: NOTIMP', TLSA, () => [rcode('NOTIMP')]],
  ['TLSA: silence', TLSA, () => [silence()]],
  ['TLSA: truncated, and the connection ends', TLSA, () => [truncate(), hangUp()]],
  ['MX of the thief, with the old signature', MX, forgeRecords(() => `${DOMAIN}. MX 1 mx.thief.test.`)],
  ['MX of the thief, unsigned', MX, forgeRecords(() => `${DOMAIN}. MX 1 mx.thief.test.`, { signatures: 'drop' })],
  [
    'MX of a host without TLSA, unsigned',
    MX,
    forgeRecords(() => `${DOMAIN}. MX 1 mx.no-tlsa.test.`, { signatures: 'drop' }),
  ],
  ['MX: no such record', MX, () => [rcode('NOERROR')]],
  ['MX: no such name', MX, () => [rcode('NXDOMAIN')]],
  ['MX: SERVFAIL', MX, () => [rcode('SERVFAIL')]],
  ['MX: silence', MX, () => [silence()]],
  ['MX by an alias to a domain without TLSA', MX, forgeRecords(() => `${DOMAIN}. CNAME no-tlsa.test.`)],
  ['MX by a DNAME to the thief', MX, forgeRecords(() => 'test. DNAME thief.')],
  ['the address of the thief, with the old signature', A, forgeRecords(() => `${HOST}. A ${THIEF}`)],
  ['the address of the thief, unsigned', A, forgeRecords(() => `${HOST}. A ${THIEF}`, { signatures: 'drop' })],
  [
    'the address by an alias to the thief',
    A,
    forgeRecords(() => `${HOST}. CNAME mx.thief.test.\nmx.thief.test. A ${THIEF}`),
  ],
  ['the address: no such name', A, () => [rcode('NXDOMAIN')]],
  ['no DS, unproven', DS, () => [rcode('NOERROR')]],
  ['no such zone', DS, () => [rcode('NXDOMAIN')]],
  ['DS without its signature', DS, () => [strip()]],
  ['DS with a digest type nobody knows', DS, forgeRecords(() => `${DOMAIN}. DS 1 13 250 ${'00'.repeat(32)}`)],
  ['no keys', KEY, () => [rcode('NOERROR')]],
  ['keys without their signature', KEY, () => [strip()]],
  ["the root's keys with a bad signature", { name: '.', type: 'DNSKEY' }, () => [corrupt(RRType.RRSIG)]],
  ['everything without signatures', 'all', () => [strip()]],
  ['everything: no such name', 'all', () => [rcode('NXDOMAIN')]],
  ['everything: SERVFAIL', 'all', () => [rcode('SERVFAIL')]],
]

test.each(FORGERIES)('%s: the mail waits, and the thief hears nothing', async (what, match, actions) => {
  lab.lab.attacker.dns.add(match, ...actions())
  // What the true server shows now is the thief's as well: he stands in front of it.
  lab.lab.attacker.mail.add('all', { credentials: lab.thief.behaviour.credentials })
  const timeout = /silence|connection ends/.test(what) ? 400 : undefined
  const modes = [{}, { requireDane: true }].map((options) => lab.send(DOMAIN, options, timeout))
  for (const { outcome, sessions } of await Promise.all(modes)) {
    expect(outcome.outcome).toBe('deferred')
    expect(outcome.verdict).not.toBe('verified')
    for (const session of sessions) expect(leaked(session)).toBe(false)
  }
})

/** Lies beside the truth: who looks closely takes the truth. */
test.each([
  ['another ID', 'id'],
  ['another question', 'question'],
  ['another source', 'source'],
] as const)('answers of %s in front of the true ones change nothing', async (_, wrong) => {
  lab.lab.attacker.dns.add('all', impostor(wrong))
  const { outcome, sessions } = await lab.send(DOMAIN)
  expect(outcome).toMatchObject({ outcome: 'delivered', verdict: 'verified' })
  for (const session of sessions) expect(leaked(session, 'in the clear')).toBe(false)
})

test('forged addresses of a domain without signatures lead to the thief, and are called what they are', async () => {
  lab.lab.attacker.dns.add({ name: 'mx.p256.test', type: 'A' }, forge(`mx.p256.test. A ${THIEF}`))
  const { outcome, sessions } = await lab.send('outsourced.test')
  // The MX is anybody's there, the host's records are not.
  expect(outcome.outcome).toBe('deferred')
  expect(sessions).toEqual([])
})
