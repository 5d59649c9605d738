import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { discover } from '../../../src/dane/destination.ts'
import { Resolver } from '../../../src/resolver/resolver.ts'
import { type DeliverOptions, deliver } from '../../../src/smtp/delivery.ts'
import { Queue } from '../../../src/smtp/queue/queue.ts'
import { type Lab, startLab } from '../../lab/index.ts'
import { MemoryStore } from './memory-store.ts'
import { MESSAGE } from './simulation.ts'

let lab: Lab
let resolver: Resolver

beforeAll(async () => {
  lab = await startLab()
  resolver = new Resolver({
    upstreams: [`${lab.dns.address}:${lab.dns.port}`],
    trustAnchors: lab.anchors,
    now: lab.clock.read,
  })
})
afterAll(async () => {
  await resolver.close()
  await lab.close()
})

describe('over real deliveries', () => {
  const settings = (): DeliverOptions => ({ connectPort: lab.smtpPort, at: lab.clock.now, ehloName: 'client.example' })

  test('what one host has taken is kept before the next host is asked for the others', async () => {
    const [first, second] = await Promise.all(['p256.test', 'p384.test'].map((name) => discover(resolver, name)))
    const policy = { ...first!, hosts: [...first!.hosts, ...second!.hosts] }
    const store = new MemoryStore()
    const seen: string[] = []
    lab.attacker.mail.add('mx.p256.test', {
      script: ({ verb, line }) => (verb === 'RCPT' && line.includes('<c@') ? '451 4.3.0 later' : undefined),
    })
    lab.attacker.mail.add('mx.p384.test', {
      script: ({ verb }) => {
        if (verb === 'RCPT') {
          const { entry } = [...store.kept.values()][0]!
          seen.push(...entry.recipients.map(({ address, state }) => `${address} ${state}`))
        }
        return undefined
      },
    })
    const queue = new Queue({
      store,
      deliver: (message, options) => deliver(message, { ...settings(), policy, ...options }),
    })
    await queue.submit({ from: 'a@sender.test', to: ['b@p256.test', 'c@p256.test'], content: MESSAGE })
    await queue.flush()
    expect(seen).toEqual(['b@p256.test delivered', 'c@p256.test pending'])
    expect(store.kept.size).toBe(0)
    lab.attacker.clear()
  })

  test('a lookup that fails leaves mail in the queue, not before a time when it makes sense to ask again', async () => {
    const store = new MemoryStore()
    const queue = new Queue({
      store,
      deliver: (message, options) => deliver(message, { ...settings(), resolver, ...options }),
    })
    const id = await queue.submit({ from: 'a@sender.test', to: 'b@expired.test', content: MESSAGE })
    await queue.flush()
    expect(await queue.read(id)).toMatchObject({
      state: 'waiting',
      entry: { recipients: [{ state: 'pending', attempts: 1, last: { verdict: 'refused' } }] },
    })
  })
})
