import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { checksOf, makeDomains, writeFixture } from '../data/domains.ts'
import { fileOf } from '../folder.ts'
import { race, repeat, share, type Timing } from '../harness.ts'
import { isThere } from '../peers/programs.ts'
import type { PeerCase } from '../peers/peer-case.ts'
import { compared, comparedApart, timed } from '../result.ts'

/**
 * The whole program with one thread on one core and with two on two: what one domain more takes, once it runs. Held to
 * its core, as one thread else has the second for the collection of garbage and for compiling.
 */
export const scanCores: PeerCase = {
  name: 'scan-cores',
  about: 'danelaw scan --only-dns of many domains from a fixture, on 1 and 2 cores, against the signature checks',
  async missing() {
    const tools = isThere('taskset')
      ? []
      : ['taskset: apt-get install -y util-linux (one thread has all cores without it)']
    return existsSync(program()) ? tools : [...tools, 'danelaw: npm run build']
  },
  async *run(effort) {
    if (!existsSync(program())) return
    const folder = mkdtempSync(join(tmpdir(), 'danelaw-bench-'))
    try {
      // Each thread compiles for itself, for some thousand domains: few are to be enough for that on two of them.
      const [few, many] = effort.thorough === true ? [8000, 24_000] : [100, 500]
      const domains = makeDomains(many)
      const job: Job = { folder, anchor: join(folder, 'root.ds'), fixture: join(folder, 'zones') }
      writeFixture(domains, job.fixture, job.anchor)
      for (const count of [few, many]) writeFileSync(listOf(job, count), domains.names.slice(0, count).join('\n'))

      const threads = availableParallelism() > 1 ? [1, 2] : [1]
      const samples = threads.map((): number[] => [])
      for (let round = 0; round < Math.max(1, Math.round(effort.rounds / 100)); round++) {
        for (const index of [...threads.keys(), ...[...threads.keys()].reverse()]) {
          samples[index]!.push(perDomain(job, few, many, threads[index]!))
        }
      }
      const timings = threads.map(
        (count, index): Timing => ({
          name: `domain, ${count} core${count > 1 ? 's' : ''}`,
          samples: samples[index]!,
          times: many - few,
        }),
      )
      const checks = await checksOf(makeDomains(1))
      const [verified] = await race(
        [
          repeat('', () => {
            for (const { key, signature, data } of checks) key.verify(signature, data)
          }),
        ],
        share(effort, 1 / 4),
      )
      const floor: Timing = { ...verified!, name: `${checks.length} checks` }
      for (const timing of [...timings, floor]) yield timed(scanCores.name, 'p256', timing)
      yield comparedApart(scanCores.name, 'p256', timings[0]!, floor)
      if (timings[1] !== undefined) yield compared(scanCores.name, 'p256', timings[0]!, timings[1], { atLeast: 1.7 })
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
}

interface Job {
  readonly folder: string
  readonly anchor: string
  readonly fixture: string
}

/** Microseconds for one domain: what many take beyond few, so that starting and reading zones are not in it. */
function perDomain(job: Job, few: number, many: number, threads: number): number {
  return (timeOf(job, many, threads) - timeOf(job, few, threads)) / (many - few)
}

/** Microseconds from start to exit. @throws where not all of the domains have DANE. */
function timeOf(job: Job, count: number, threads: number): number {
  const { fixture, anchor } = job
  const args = [
    '--only-dns',
    '--threads',
    String(threads),
    '--fixture',
    fixture,
    '--anchor',
    anchor,
    listOf(job, count),
  ]
  const start = performance.now()
  const held = isThere('taskset') ? ['taskset', '-c', threads === 1 ? '0' : `0-${threads - 1}`] : []
  const [file, ...rest] = [...held, process.execPath, program(), 'scan', ...args]
  const { status, stdout, stderr } = spawnSync(file!, rest, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const time = 1000 * (performance.now() - start)
  const found = stdout.split('\n').filter((line) => line.includes('"tlsa":{"status":"secure"')).length
  if (status !== 0 || found !== count) throw new Error(`danelaw scan: ${status}, ${found} of ${count}: ${stderr}`)
  return time
}

function listOf({ folder }: Job, count: number): string {
  return join(folder, `domains-${count}.txt`)
}

function program(): string {
  return fileOf('../dist/cli/main.js')
}
