import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createWriteStream, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Debian's package for each program these tests measure against. */
const PACKAGES: Readonly<Record<string, string>> = {
  delv: 'bind9-dnsutils',
  dnsdist: 'dnsdist',
  'dnssec-keygen': 'bind9-utils',
  'dnssec-signzone': 'bind9-utils',
  gsasl: 'gsasl',
  knotd: 'knot',
  kresd: 'knot-resolver',
  named: 'bind9',
  nsd: 'nsd',
  openssl: 'openssl',
  pdns_recursor: 'pdns-recursor',
  postfix: 'postfix',
  'posttls-finger': 'postfix',
  swaks: 'swaks',
  unbound: 'unbound',
  unshare: 'util-linux',
}

/** Server programs stand where a user's PATH does not lead. */
const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']

/** The path of a program. @throws with the line that installs it; a missing peer fails, it is never skipped. */
export function program(name: string): string {
  for (const folder of FOLDERS) if (folder !== '' && existsSync(join(folder, name))) return join(folder, name)
  throw new Error(`${name} is missing: apt-get install -y ${PACKAGES[name]}`)
}

/**
 * Runs a program to its end and returns what it printed. @throws with its output when it fails, unless `lenient`: for
 * judges, whose verdict may be a failure.
 */
export function run(name: string, args: readonly string[], cwd?: string, lenient = false): string {
  const { status, stdout, stderr, error } = spawnSync(program(name), args, { encoding: 'utf8', cwd, timeout: 60_000 })
  if (lenient && error === undefined) return stdout + stderr
  if (error !== undefined || status !== 0) {
    throw new Error(`${name} ${args.join(' ')}: ${error?.message ?? `exit status ${status}`}\n${stdout}${stderr}`)
  }
  return stdout
}

/** A server in the foreground, its output in a file. */
export class Server {
  readonly name: string
  readonly log: string
  readonly #child: ChildProcess
  readonly #ended: Promise<void>

  constructor(name: string, args: readonly string[], log: string) {
    this.name = name
    this.log = log
    const output = createWriteStream(log, { flags: 'a' })
    this.#child = spawn(program(name), args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    this.#child.stdout?.pipe(output, { end: false })
    this.#child.stderr?.pipe(output, { end: false })
    this.#ended = new Promise((resolve) => this.#child.once('close', () => resolve()))
  }

  get pid(): number {
    return this.#child.pid!
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** A signal to it and all it started: SIGSTOP lets it hang, SIGCONT lets it go on. */
  signal(name: NodeJS.Signals): void {
    process.kill(-this.#child.pid!, name)
  }

  /** Ends it at once, as a crash does. */
  async kill(): Promise<void> {
    if (this.running) this.signal('SIGKILL')
    await this.#ended
  }

  /** Ends it and all it started, by their process group. */
  async stop(): Promise<void> {
    if (this.running) process.kill(-this.#child.pid!, 'SIGTERM')
    const patience = setTimeout(() => this.running && process.kill(-this.#child.pid!, 'SIGKILL'), 5_000)
    await this.#ended
    clearTimeout(patience)
  }
}

/** Asks again and again until `probe` is true. @throws after `seconds`, or when the server has ended. */
export async function until(server: Server, probe: () => Promise<boolean>, seconds = 20): Promise<void> {
  const end = performance.now() + seconds * 1000
  while (!(await probe())) {
    if (!server.running) throw new Error(`${server.name} ended; see ${server.log}`)
    if (performance.now() > end) throw new Error(`${server.name} did not get ready; see ${server.log}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
