import type { Resolver } from '../../src/resolver/resolver.ts'
import { checksOf, freshResolver, leastOf, lookAt, makeDomains } from '../data/domains.ts'
import { type Contender, race, repeat } from '../harness.ts'
import { type Case, compared, timed } from '../result.ts'

/** What one domain costs `danelaw scan --only-dns`, from answers in memory to its document, in a zone that is known. */
export const scan: Case = {
  name: 'scan',
  about: 'a mail domain of a known zone, from octets to the document, against its signature checks',
  async *run(effort) {
    const domains = makeDomains(DOMAINS)
    const checks = await checksOf(domains)
    let resolvers: Resolver[] = []
    const whole: Contender = {
      name: 'domain',
      async before(times) {
        resolvers = await Promise.all(Array.from({ length: Math.ceil(times / DOMAINS) }, () => freshResolver(domains)))
      },
      async run(times) {
        for (let i = 0; i < times; i++) await lookAt(resolvers[Math.floor(i / DOMAINS)]!, domains.names[i % DOMAINS]!)
      },
    }
    const perDomain = checks.length / DOMAINS
    let turn = 0
    const floor = repeat(`${perDomain} checks`, () => {
      for (let i = 0; i < perDomain; i++) {
        const { key, signature, data } = checks[turn++ % checks.length]!
        if (!key.verify(signature, data)) throw new TypeError('a signature does not hold')
      }
    })
    const look = leastOf(domains, checks)
    const least = repeat(`parse, data, ${perDomain} checks`, () => look(turn++ % DOMAINS))
    const timings = await race([whole, least, floor], effort)
    for (const timing of timings) yield timed('scan', 'p256', timing)
    const [domain, spared, verified] = timings
    yield compared('scan', 'p256', domain!, verified!, GOAL)
    yield compared('scan', 'p256', spared!, verified!)
    yield compared('scan', 'p256', domain!, spared!)
  },
}

const DOMAINS = 128
/** 85 % of the domains that signature checks alone would allow. */
const GOAL = 1.176
