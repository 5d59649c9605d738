/** Connections that were proven for one thing are not used for another, and what happens while they wait counts. */
import { afterEach, describe, expect, test } from 'vitest'
import type { HostPolicy } from '../../../src/dane/policy.ts'
import { deliver } from '../../../src/smtp/delivery.ts'
import type { DeliveryOutcome } from '../../../src/smtp/outcome.ts'
import { ConnectionPool } from '../../../src/smtp/pool.ts'
import { Name } from '../../../src/wire/name.ts'
import {
  daneHost,
  destination,
  encryptHost,
  mailServer,
  matchingTlsa,
  mayHost,
  mismatchedHost,
  said,
} from '../hosts.ts'

let pool = new ConnectionPool()
afterEach(() => {
  pool.close()
  pool = new ConnectionPool()
})

async function send(host: HostPolicy, options: { readonly requireDane?: boolean } = {}): Promise<DeliveryOutcome> {
  const mail = { from: 'from@sender.example', to: 'to@example.com', content: 'Subject: s\r\n\r\nbody\r\n' }
  const [outcome] = await deliver(mail, { policy: destination(host), pool, ehloName: 'client.example', ...options })
  return outcome!
}

test('the same host under the same records: one connection carries both', async () => {
  const server = await mailServer()
  for (let time = 0; time < 2; time++) {
    expect(await send(await daneHost(server))).toMatchObject({ outcome: 'delivered', verdict: 'verified' })
  }
  expect(server.sessions).toHaveLength(1)
  expect(server.messages).toHaveLength(2)
})

describe('another connection is made', () => {
  type Change = readonly [what: string, first: Make, second: Make, verdict: string]
  type Make = (where: { readonly port: number }) => HostPolicy | Promise<HostPolicy>
  const other = Name.parse('mx.example.net')
  const changes: readonly Change[] = [
    ['where the records are others, which do not fit', daneHost, mismatchedHost, 'refused'],
    [
      'where there is a record more',
      daneHost,
      async (where) => {
        const more = { tlsa: { ...(await matchingTlsa()), usage: 2 }, usable: true, why: null } as const
        const fits = { tlsa: await matchingTlsa(), usable: true, why: null } as const
        return await daneHost(where, { tlsa: [fits, more] })
      },
      'verified',
    ],
    [
      'where other names are expected',
      daneHost,
      (where) => daneHost(where, { referenceIdentifiers: [other] }),
      'verified',
    ],
    ['where it was not authenticated, and is to be now', encryptHost, daneHost, 'verified'],
    ['where it was opportunistic, and is to be authenticated now', mayHost, daneHost, 'verified'],
    ['where it was opportunistic, and does not fit now', mayHost, mismatchedHost, 'refused'],
    ['where it was opportunistic, and TLS is a must now', mayHost, encryptHost, 'encrypted'],
  ]

  test.each(changes)('%s', async (_, first, second, verdict) => {
    const server = await mailServer()
    expect(await send(await first(server))).toMatchObject({ outcome: 'delivered' })
    expect(await send(await second(server))).toMatchObject({ verdict })
    expect(server.sessions).toHaveLength(2)
    const octets = said(server.sessions[1])
    expect(octets.clear).not.toMatch(/MAIL/)
    if (verdict === 'refused') expect(octets.tls).not.toMatch(/MAIL/)
  })

  test('where the first went in the clear, and TLS is a must now', async () => {
    const server = await mailServer({ starttls: 'hidden' })
    expect(await send(mayHost(server))).toMatchObject({ outcome: 'delivered', verdict: 'cleartext' })
    expect(await send(encryptHost(server))).toMatchObject({ outcome: 'deferred', verdict: 'refused' })
    expect(said(server.sessions[1]).clear).not.toMatch(/MAIL/)
  })
})

test('a connection that ended while it waited costs no mail, and none comes twice', async () => {
  const server = await mailServer()
  await send(await daneHost(server))
  server.sessions[0]!.destroy()
  expect(await send(await daneHost(server))).toMatchObject({ outcome: 'delivered', verdict: 'verified' })
  expect(server.messages).toHaveLength(2)
})

test('a connection that is replaced by a thief while it waited is verified anew', async () => {
  const server = await mailServer()
  await send(await daneHost(server))
  const { createLeaf, credentials } = await import('../../lab/certificates.ts')
  server.behaviour = {
    ...server.behaviour,
    credentials: await credentials(await createLeaf({ names: ['mx.example.com'] })),
  }
  server.sessions[0]!.destroy()
  expect(await send(await daneHost(server))).toMatchObject({ outcome: 'deferred', verdict: 'refused' })
  expect(said(server.sessions[1]).tls).not.toMatch(/MAIL/)
})
