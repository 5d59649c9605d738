import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatRecord } from '../../src/wire/presentation/record.ts'
import { type Lab, startLab } from '../lab/index.ts'
import { LAB_DOMAINS, LAB_QUESTIONS } from '../lab/zones/index.ts'

/** Where Debian 12's Unbound differs: its first limit is 150 iterations, and Ed448 is unknown to it (BIND verifies it). */
const OTHERWISE: ReadonlyMap<string, string> = new Map([
  ['absent.iterations-100.test', 'secure'],
  ['absent.iterations-500.test', 'insecure'],
  ['ed448.test', 'insecure'],
])

let lab: Lab
let folder: string

beforeAll(async () => {
  if (spawnSync('which', ['unbound-host']).status !== 0) {
    throw new Error('unbound-host is missing: apt-get install -y unbound-host')
  }
  lab = await startLab()
  folder = mkdtempSync(join(tmpdir(), 'danelaw-lab-'))
  writeFileSync(join(folder, 'anchor'), `${lab.anchorRecords.map(formatRecord).join('\n')}\n`)
  writeFileSync(
    join(folder, 'unbound.conf'),
    `server:
  trust-anchor-file: "${join(folder, 'anchor')}"
  do-not-query-localhost: no
  local-zone: "test." nodefault
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@${lab.dns.port}
`,
  )
})

afterAll(async () => {
  if (folder !== undefined) rmSync(folder, { recursive: true })
  await lab?.close()
})

describe('Unbound, asking the lab, says what its tables say', () => {
  const rows = [
    ...LAB_QUESTIONS.map(({ name, type, status }) => ({ name, type, status })),
    ...LAB_DOMAINS.map(({ domain, mx }) => ({ name: domain, type: 'MX', status: mx.status })),
  ]
  // A lookup that fails has no status in Unbound's words.
  const judged = rows.filter(({ status }) => status !== 'indeterminate')
  test.each(judged)('$name $type', async ({ name, type, status }) => {
    const output = await unboundHost(name, type)
    const found = /\((secure|insecure|BOGUS)/.exec(output)?.[1]?.toLowerCase()
    expect(found, output).toBe(OTHERWISE.get(name) ?? status)
  })
})

function unboundHost(name: string, type: string): Promise<string> {
  const args = ['-C', join(folder, 'unbound.conf'), '-v', '-t', type, name]
  return new Promise((resolve) => {
    execFile('unbound-host', args, { timeout: 20_000 }, (_, stdout, stderr) => resolve(stdout + stderr))
  })
}
