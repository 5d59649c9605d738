import { ATTACKS, honestAnswer, type KindOfAttack, type ReadyAttack, readyAttack } from '../data/attacks.ts'
import { type Effort, race, repeat, share } from '../harness.ts'
import { type Case, compared, counted, grown, type Result, timed } from '../result.ts'

/** What an attack costs, and how that grows with its size: never faster than the octets the attacker has to send. */
export const attacks: Case = {
  name: 'attacks',
  about:
    'KeyTrap in its forms and deep names under NSEC3 at growing sizes: time, checks and hashes, and their exponents',
  async *run(effort) {
    const honest = readyAttack(honestAnswer())
    for (const kind of ATTACKS) yield* growing(kind, honest, share(effort, 1 / 5))
  },
}

async function* growing({ name, sizes, make }: KindOfAttack, honest: ReadyAttack, effort: Effort) {
  const times: Result[] = []
  for (const at of sizes) {
    const { once, octets, work } = readyAttack(make(at))
    const { status, reason, spent } = once()
    const last = at === sizes.at(-1)
    const contenders = [repeat('time', once), ...(last ? [repeat('an honest answer', honest.once)] : [])]
    const [timing, plain] = await race(contenders, effort)
    const along = { axis: 'size', at }
    const note = `${octets} octets; ${status}${reason === null ? '' : `, ${reason.code}`}`
    times.push(timed('attacks', name, timing!, { ...along, note }))
    yield times.at(-1)!
    yield counted('attacks', name, 'signature checks', 'count', work.verifications, along)
    if (spent.nsec3HashBlocks > 0) {
      yield counted('attacks', name, 'hash blocks', 'count', spent.nsec3HashBlocks, along)
    }
    if (plain !== undefined) yield compared('attacks', name, timing!, plain)
  }
  yield grown(times, { goal: 1.2 })
}
