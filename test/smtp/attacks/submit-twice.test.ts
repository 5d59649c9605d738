import { expect, test } from 'vitest'
import { submit } from '../../../src/smtp/submit.ts'
import { insecure, ScriptedLookup, secure } from '../../dane/scripted.ts'
import { mailServer } from '../hosts.ts'
import { MATCHING } from '../rows/world.ts'

test('a server that may have taken the message is the last one that gets it', async () => {
  const cut = await mailServer({
    implicitTls: true,
    script: ({ verb }) => (verb === 'BDAT' || verb === '.' ? { close: true } : undefined),
  })
  const next = await mailServer({ implicitTls: true })
  const resolver = new ScriptedLookup({
    '_submissions._tcp.example.com SRV': secure(`10 1 ${cut.port} mx.example.com`, `20 1 ${next.port} mx.example.com`),
    '_submission._tcp.example.com SRV': secure('0 0 0 .'),
    'mx.example.com A': secure('127.0.0.1'),
    'mx.example.com AAAA': secure(),
    [`_${cut.port}._tcp.mx.example.com TLSA`]: secure(MATCHING),
    [`_${next.port}._tcp.mx.example.com TLSA`]: secure(MATCHING),
    'example.com MX': insecure(),
  })
  const message = { from: 'me@example.com', to: 'you@elsewhere.example', content: 'Subject: x\r\n\r\nx\r\n' }
  const told: number[] = []
  const options = { resolver, ehloName: 'client.example', onOutcome: (index: number) => told.push(index) }
  const [outcome] = await submit(message, options)
  expect(outcome).toMatchObject({ outcome: 'deferred', text: expect.stringContaining('may have been delivered') })
  expect(cut.sessions).toHaveLength(1)
  expect(next.sessions).toHaveLength(0)
})
