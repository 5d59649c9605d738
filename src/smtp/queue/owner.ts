import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/**
 * Who has something in a spool: one process of one machine, told apart from those that had the same number before and
 * will have it later. As a name of a file it says all that is needed to find out whether the process lives.
 */
export interface Owner {
  readonly host: string
  readonly pid: number
  /** When the process was started, as the system counts; empty where that cannot be known. */
  readonly started: string
  /** Which run of the system, and which space of process numbers within it. */
  readonly system: string
  /** Apart from others of the same process. */
  readonly nonce: string
}

export function thisProcess(): Owner {
  return {
    host: thisHost(),
    pid: process.pid,
    started: startOf(process.pid) ?? '',
    system: thisSystem(),
    nonce: randomBytes(6).toString('hex'),
  }
}

export function ownerName({ host, pid, started, system, nonce }: Owner): string {
  return [host, pid, started, system, nonce].join('~')
}

/** Undefined for what is no such name, whatever follows after a dot. */
export function parseOwner(name: string): Owner | undefined {
  const match =
    /^([A-Za-z0-9.-]{1,253})~([0-9]{1,10})~([0-9]{0,20})~([0-9a-f]{0,16})~([0-9a-f]{12})(?:\+[0-9a-v]+)?$/.exec(name)
  if (match === null) return undefined
  const [, host, pid, started, system, nonce] = match as unknown as [string, string, string, string, string, string]
  return { host, pid: Number(pid), started, system, nonce }
}

/** `elsewhere`: of another machine, of which nothing can be known from here. */
export function stateOf(owner: Owner): 'alive' | 'dead' | 'elsewhere' {
  if (owner.host !== thisHost()) return 'elsewhere'
  // The machine, or the container of this name, was started anew since.
  if (owner.system !== thisSystem()) return 'dead'
  const started = startOf(owner.pid)
  if (started === undefined) return isRunning(owner.pid) ? 'alive' : 'dead'
  return started === owner.started ? 'alive' : 'dead'
}

function thisHost(): string {
  return (
    hostname()
      .replace(/[^A-Za-z0-9.-]/g, '-')
      .slice(0, 253) || 'localhost'
  )
}

/** Of Linux; elsewhere nothing, and then only the number counts. */
function thisSystem(): string {
  let text = ''
  try {
    text = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1') + readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** Field 22 of proc_pid_stat(5), behind the name, which may hold anything. Undefined where it cannot be known. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ')
    // What has died and is not yet waited for does nothing any more.
    return state === 'Z' || state === 'X' ? GONE : fields[18]
  } catch {
    return undefined
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** Differs from every time a process was started at. */
const GONE = 'gone'
