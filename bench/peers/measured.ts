import { readFileSync } from 'node:fs'

/** Microseconds of CPU, user and system, that a process and its threads have taken so far (proc(5)). */
export function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / TICKS_PER_SECOND
}

/** USER_HZ, which Linux has fixed at 100 for all that programs see. */
const TICKS_PER_SECOND = 100
