import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { DanelawError } from '../../errors.ts'

/**
 * Runs `work` while no other process does the same to `path`: a file beside it, with the number of the process, says
 * so. One that a dead process left behind is removed.
 * @param patience milliseconds to wait for others
 * @throws {DanelawError} `file` where another process does not finish, or the lock cannot be made
 */
export async function withLock<T>(path: string, work: () => T | Promise<T>, patience = 5000): Promise<T> {
  const lock = `${path}.lock`
  const own = `${process.pid} ${randomBytes(6).toString('hex')}\n`
  const waits = Math.ceil(patience / WAIT)
  for (let tries = 0; !take(lock, own); tries++) {
    if (tries < waits) await sleep(WAIT)
    else throw inUse(path, lock)
  }
  try {
    return await work()
  } finally {
    unlinkSync(lock)
  }
}

function take(lock: string, own: string): boolean {
  try {
    writeFileSync(lock, own, { flag: 'wx' })
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST') {
      throw new DanelawError('file', `cannot be made: ${code}`, { place: { file: lock }, cause: error })
    }
  }
  removeIfLeftBehind(lock)
  return false
}

function removeIfLeftBehind(lock: string): void {
  const seen = content(lock)
  const holder = Number(/^([0-9]{1,10}) [0-9a-f]{12}\n$/.exec(seen ?? '')?.[1])
  // One that is not whole yet is being written.
  if (!Number.isInteger(holder) || isAlive(holder)) return
  const aside = `${lock}.${randomBytes(6).toString('hex')}`
  try {
    renameSync(lock, aside)
    // In between, another process may have removed it and made its own: that is given back.
    if (content(aside) !== seen) linkSync(aside, lock)
    unlinkSync(aside)
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

function content(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function isAlive(process_: number): boolean {
  try {
    process.kill(process_, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

function inUse(path: string, lock: string): DanelawError {
  const holder = content(lock)?.split(' ')[0]
  return new DanelawError('file', `is being changed by process ${holder ?? 'that is gone by now'}`, {
    place: { file: path },
    hint: `where no such process is at work, remove ${lock}`,
  })
}

/** Milliseconds between two tries. */
const WAIT = 50
