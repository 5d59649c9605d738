import { DanelawError } from '../../errors.ts'
import { parseOwner, stateOf } from './owner.ts'
import { isAbsence, type Spool } from './spool.ts'

/**
 * Writes down that a process runs the queue, so that a second one does not. That no message is delivered twice does not
 * hang on it: there each claim stands for itself.
 * @param draft a path that nobody else has
 * @throws {DanelawError} `in-use`, `file`
 */
export function takeLead(spool: Spool, own: string, draft: string): () => void {
  const lock = spool.path(LOCK)
  for (let tries = 0; tries < TRIES; tries++) {
    if (link(spool, draft, lock, own)) return () => leave(spool, lock, own)
    const holder = spool.text(lock)
    if (holder === undefined) continue
    const owner = parseOwner(holder)
    const state = owner === undefined ? 'dead' : stateOf(owner)
    if (state !== 'dead') throw inUse(spool, holder, state)
    removeLeftBehind(spool, lock, holder, draft)
  }
  throw inUse(spool, spool.text(lock) ?? '', 'alive')
}

/** Who runs the queue, in a few words; null where nobody does. */
export function leaderOf(spool: Spool): string | null {
  const holder = spool.text(spool.path(LOCK))
  const owner = holder === undefined ? undefined : parseOwner(holder)
  return owner === undefined || stateOf(owner) === 'dead' ? null : `process ${owner.pid} of ${owner.host}`
}

/** The lock appears with its content, which a file that is made and then written does not. */
function link(spool: Spool, draft: string, lock: string, own: string): boolean {
  spool.replaceText(draft, own)
  try {
    spool.steps.linkSync(draft, lock)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw new DanelawError('file', `cannot be made: ${(error as NodeJS.ErrnoException).code}`, {
      place: { file: lock },
      cause: error,
    })
  } finally {
    spool.steps.unlinkSync(draft)
  }
}

/** Somebody else may have done it meanwhile and have his own lock there now: that is given back. */
function removeLeftBehind(spool: Spool, lock: string, seen: string, aside: string): void {
  if (!spool.move(lock, aside)) return
  try {
    if (spool.text(aside) !== seen) spool.steps.linkSync(aside, lock)
  } catch {
  } finally {
    spool.steps.unlinkSync(aside)
  }
}

function leave(spool: Spool, lock: string, own: string): void {
  try {
    if (spool.text(lock) === own) spool.steps.unlinkSync(lock)
  } catch (error) {
    if (!isAbsence(error)) throw error
  }
}

function inUse(spool: Spool, holder: string, state: 'alive' | 'elsewhere'): DanelawError {
  const owner = parseOwner(holder)
  const who =
    owner === undefined
      ? 'another process'
      : `process ${owner.pid}${state === 'elsewhere' ? ` of ${owner.host}, another machine` : ''}`
  const hint = state === 'elsewhere' ? { hint: `where it is no longer at work, remove ${spool.path(LOCK)}` } : {}
  return new DanelawError('in-use', `the queue is being run by ${who}`, { place: { file: spool.folder }, ...hint })
}

const LOCK = 'runner.lock'
const TRIES = 8
