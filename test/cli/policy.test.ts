import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Lab, startLab } from '../lab/index.ts'
import { temporaryFolder } from './files.ts'
import { invoke } from './invoke.ts'
import { networkArguments } from './lab-files.ts'

const folder = temporaryFolder()
let lab: Lab
let network: string[]
let file: string

beforeAll(async () => {
  lab = await startLab()
  network = networkArguments(folder, lab)
  file = join(folder, 'policy')
  writeFileSync(file, '# ours\nmismatch.test audit\nno-tlsa.test dane-only\n')
})
afterAll(() => lab.close())

const check = (...argv: string[]) => invoke(['check', ...argv, '--policy', file, ...network])

test('check says which line applied, and what it does', async () => {
  const audited = await check('mismatch.test', '--json')
  expect(audited.status).toBe(2)
  expect(JSON.parse(audited.stdout)).toMatchObject({
    verdict: 'encrypted',
    policy: { level: 'audit', from: `${file}:2`, notes: [] },
    hosts: [{ connections: [{ notice: expect.stringContaining('DANE would have refused') }] }],
  })
  const mandatory = await check('no-tlsa.test')
  expect(mandatory.status).toBe(3)
  expect(mandatory.stdout).toContain(`Policy  dane-only, by ${file}:3`)
  const other = await check('p256.test')
  expect(other.status).toBe(0)
  expect(other.stdout).not.toContain('Policy')
})

test('a file with a fault is refused before anything is asked', async () => {
  const bad = join(folder, 'bad-policy')
  writeFileSync(bad, 'example.com dane\nexample.net dane speed=fast\n')
  const asked = lab.dns.seen.length
  const { status, stderr } = await invoke(['check', 'p256.test', '--policy', bad, ...network])
  expect(status).toBe(64)
  expect(stderr).toContain(`${bad}:2: 'speed=fast' is no setting`)
  expect(lab.dns.seen.length).toBe(asked)
  const gone = await invoke(['check', 'p256.test', '--policy', join(folder, 'gone'), ...network])
  expect(gone.status).toBe(64)
})

describe('scan --policy', () => {
  const scan = (...argv: string[]) =>
    invoke(['scan', '--ordered', ...argv, ...network], { stdin: 'mismatch.test\nno-tlsa.test\n' })

  test('is that of check', async () => {
    const { status, stdout } = await scan('--policy', file)
    expect(status).toBe(0)
    const documents = stdout.trim().split('\n')
    expect(documents.map((line) => JSON.parse(line))).toMatchObject([
      { verdict: 'encrypted', policy: { level: 'audit', from: `${file}:2` } },
      { verdict: 'refused', policy: { level: 'dane-only', from: `${file}:3` } },
    ])
  })

  test.each([[[]], [['--threads', '2']]])(
    'a file with a fault is refused before anything is asked %j',
    async (more) => {
      const bad = join(folder, 'bad-scan-policy')
      writeFileSync(bad, 'example.com nonsense\n')
      const asked = lab.dns.seen.length
      const { status, stdout, stderr } = await scan('--policy', bad, ...more)
      expect({ status, stdout }).toEqual({ status: 64, stdout: '' })
      expect(stderr).toContain(`${bad}:1: `)
      expect(lab.dns.seen.length).toBe(asked)
    },
  )

  test('--mta-sts keeps what it finds in the file, and an unreadable one is told of', async () => {
    const sts = join(folder, 'sts-damaged')
    writeFileSync(sts, 'hello\n')
    const { status, stderr } = await scan('--mta-sts', sts)
    expect(status).toBe(0)
    expect(stderr).toContain(`${sts}:1: is not a file of MTA-STS policies`)
  })
})

describe('check --only-dns ends as the policy has it', () => {
  test.each([
    ['p256.test', '* dane', 0],
    ['p256.test', '* encrypt', 2],
    ['p256.test', '* audit', 0],
    ['no-tlsa.test', '* dane', 2],
    ['no-tlsa.test', '* dane-only', 3],
    ['no-tlsa.test', '* secure match=nexthop', 0],
  ])('%s under %s', async (domain, line, status) => {
    const own = join(folder, 'only-dns-policy')
    writeFileSync(own, `${line}\n`)
    const result = await invoke(['check', domain, '--only-dns', '--policy', own, ...network])
    expect(result.status, result.stdout).toBe(status)
  })
})
