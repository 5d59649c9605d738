import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { program } from '../../../test/interop/peers/program.ts'
import type { Timing } from '../../harness.ts'
import { fileOf } from '../../folder.ts'
import type { PeerCase } from '../../peers/peer-case.ts'
import { isThere } from '../../peers/programs.ts'
import { startUpstream } from '../../peers/upstream-thread.ts'
import { compared, timed } from '../../result.ts'

/** Whole processes, from start to exit, one question each. */
export const processes: PeerCase = {
  name: 'peers-process',
  about: 'one question by a process of its own, start included: danelaw query, delv, drill, kdig; and bare node',
  async missing() {
    const programs = PROGRAMS.filter((name) => !isThere(name)).map(
      (name) => `${name}: apt-get install -y ${DEBIAN[name]}`,
    )
    return existsSync(danelaw()) ? programs : [...programs, 'danelaw: npm run build']
  },
  async *run(effort) {
    if (!existsSync(danelaw())) return
    const folder = mkdtempSync(join(tmpdir(), 'danelaw-bench-'))
    try {
      await using upstream = await startUpstream({ zones: 1, hosts: 1 })
      const anchorFile = join(folder, 'root.ds')
      writeFileSync(anchorFile, upstream.anchorText)
      const bindAnchors = join(folder, 'anchors.bind')
      const [tag, algorithm, digestType, digest] = upstream.anchorText.trim().split(/\s+/).slice(-4)
      writeFileSync(bindAnchors, `trust-anchors { . static-ds ${tag} ${algorithm} ${digestType} "${digest}"; };\n`)
      const contenders = commands(upstream.port, upstream.hosts[0]![0]!, anchorFile, bindAnchors)
      const wall = contenders.map(() => [] as number[])
      const cpu = contenders.map(() => [] as number[])
      const rounds = Math.max(2, Math.round(effort.rounds / 2))
      for (let round = 0; round < rounds; round++) {
        const order = [...contenders.keys()]
        for (const index of [...order, ...order.toReversed()]) {
          const times = timesOf(contenders[index]!)
          wall[index]!.push(times.wall)
          cpu[index]!.push(times.cpu)
        }
      }
      // What else the machine does lengthens the one; the other is what the program costs.
      for (const [part, samples] of Object.entries({ 'whole process': wall, 'whole process, CPU': cpu })) {
        const timings: Timing[] = contenders.map(({ name }, index) => ({ name, samples: samples[index]!, times: 1 }))
        for (const timing of timings) yield timed(processes.name, part, timing)
        for (const timing of timings.slice(1)) {
          yield compared(processes.name, part, timings[0]!, timing, GOALS[timing.name])
        }
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
}

interface Command {
  readonly name: string
  readonly file: string
  readonly args: readonly string[]
  /** What its output holds where it did what it was asked. */
  readonly says: string
}

function commands(port: number, name: string, anchorFile: string, bindAnchors: string): Command[] {
  const at = ['@127.0.0.1', '-p', String(port)]
  const all: Command[] = [
    {
      name: 'danelaw query',
      file: process.execPath,
      args: [danelaw(), 'query', `@127.0.0.1:${port}`, '--anchor', anchorFile, name, 'A'],
      says: 'secure',
    },
    { name: 'node -e 0', file: process.execPath, args: ['-e', '0'], says: '' },
    { name: 'node:dns', file: process.execPath, args: ['-e', resolve(port, name)], says: '192.0.2.' },
    { name: 'delv', file: 'delv', args: [...at, '-a', bindAnchors, '+root=.', name, 'A'], says: 'fully validated' },
    {
      name: 'drill -S',
      file: 'drill',
      args: ['-S', '-k', anchorFile, ...at.slice(1), name, 'A', at[0]!],
      says: 'Chase successful',
    },
    { name: 'kdig +dnssec', file: 'kdig', args: [...at, '+dnssec', name, 'A'], says: 'RRSIG' },
  ]
  return all
    .filter(({ file }) => file === process.execPath || isThere(file))
    .map((command) => (command.file === process.execPath ? command : { ...command, file: program(command.file) }))
}

/** Node's own resolver, which validates nothing. */
function resolve(port: number, name: string): string {
  return `const { Resolver } = require('node:dns').promises; const r = new Resolver(); r.setServers(['127.0.0.1:${port}']); r.resolve4('${name}').then((a) => console.log(a[0]))`
}

/**
 * Microseconds from start to exit, and of the processor's time in it, by the shell's own clock. Certificates that the
 * environment adds are left out: Node 20 reads them at every start, which would hide half of what is to be compared.
 * @throws where it did not do what it was asked.
 */
function timesOf({ name, file, args, says }: Command): { readonly wall: number; readonly cpu: number } {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env
  const shell = ['-c', `TIMEFORMAT='%3R %3U %3S'; time "$0" "$@"`, file, ...args]
  const { status, stdout, stderr } = spawnSync('bash', shell, { encoding: 'utf8', env: { ...env, LC_ALL: 'C' } })
  if (status !== 0 || !(stdout + stderr).includes(says)) throw new Error(`${name}: ${status}\n${stdout}${stderr}`)
  const [wall, user, system] = stderr
    .trimEnd()
    .split('\n')
    .at(-1)!
    .split(' ')
    .map((text) => 1e6 * Number(text))
  return { wall: wall!, cpu: user! + system! }
}

function danelaw(): string {
  return fileOf('../dist/cli/main.js')
}

const PROGRAMS = ['delv', 'drill', 'kdig']
const DEBIAN: Readonly<Record<string, string>> = { delv: 'bind9-dnsutils', drill: 'ldnsutils', kdig: 'knot-dnsutils' }
const GOALS: Readonly<Record<string, number>> = {
  'node -e 0': 1.5,
  ...(Number.parseInt(process.versions.node, 10) >= 24 && { delv: 1.5 }),
}
