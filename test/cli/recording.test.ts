/** A recording of a command, played back to the same command, gives the same document, octet for octet. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Lab, startLab } from '../lab/index.ts'
import { temporaryFolder } from './files.ts'
import { invoke } from './invoke.ts'
import { networkArguments } from './lab-files.ts'

const folder = temporaryFolder()
let lab: Lab
let upstream: string
let others: string[]

beforeAll(async () => {
  lab = await startLab()
  const [first, ...rest] = networkArguments(folder, lab)
  upstream = first!
  others = rest
})
afterAll(() => lab.close())

const MAIL = 'From: a@sender.test\n\nHello\n'
const COMMANDS: readonly (readonly [string, readonly string[], string])[] = [
  ['query', ['query', 'p256.test', 'MX', '--json'], ''],
  ['query, absent', ['query', 'nothing.p256.test', 'A', '--json'], ''],
  ['query, bogus', ['query', 'bogus-tlsa.test', 'MX', '--json'], ''],
  ['check', ['check', 'two-hosts.test', '--json'], ''],
  ['check --only-dns', ['check', 'outsourced.test', '--only-dns', '--json'], ''],
  ['scan', ['scan', '--ordered', '--threads', '1'], 'p256.test\nno-tlsa.test\nnull-mx.test\n'],
  ['tlsa --check', ['tlsa', '--check', 'mx.p256.test', '--json'], ''],
  ['send', ['send', '--from', 'a@sender.test', '--to', 'b@p256.test', '--json'], MAIL],
]

describe.each(COMMANDS)('%s', (name, argv, stdin) => {
  // A query has no mail server to connect to.
  const options = () => (argv[0] === 'query' ? others.slice(2) : others)

  test('gives the same document from its recording', async () => {
    const record = join(folder, `${name.replaceAll(/\W+/g, '-')}.jsonl`)
    const live = await invoke([...argv, upstream, '--record', record, ...options()], { stdin })
    expect(existsSync(record)).toBe(true)
    const asked = lab.dns.seen.length
    const played = await invoke([...argv, '--fixture', record, ...options()], { stdin })
    expect(lab.dns.seen.length).toBe(asked)
    expect(played).toEqual(live)
    expect(live.stdout).toMatch(/^\{/)
  })
})
