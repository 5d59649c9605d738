import { join } from 'node:path'
import { DanelawError } from '../../errors.ts'
import { QUEUE_LIMITS } from '../../limits.ts'
import { isId, type QueueEntry } from './entry.ts'
import { parseEntry } from './entry-text.ts'
import { parseOwner, stateOf } from './owner.ts'
import { FOLDERS, type Spool } from './spool.ts'

/**
 * Gives back what dead processes had claimed, and removes what they did not finish. Two may do so at a time: each step
 * is a rename that one of them makes.
 * @throws {DanelawError} `in-use` where another machine has claimed something
 */
export function recover(spool: Spool): void {
  for (const name of spool.names(FOLDERS.unfinished)) {
    if (isAbandoned(spool, name)) spool.discard(spool.path(FOLDERS.unfinished, name))
  }
  const elsewhere: string[] = []
  for (const name of spool.names(FOLDERS.claimed)) {
    const owner = parseOwner(name)
    const state = owner === undefined ? 'dead' : stateOf(owner)
    if (state === 'dead') giveBack(spool, name)
    if (state === 'elsewhere') {
      if (spool.names(FOLDERS.claimed, name).length > 0) elsewhere.push(`process ${owner!.pid} of ${owner!.host}`)
    }
  }
  if (elsewhere.length === 0) return
  throw new DanelawError('in-use', `the queue is being run by ${elsewhere[0]}, another machine`, {
    place: { file: spool.folder },
    hint: `where it is no longer at work, move what is in the folders of ${spool.path(FOLDERS.claimed)} to ${spool.path(FOLDERS.waiting)}`,
  })
}

/** Notifications first: whether they count is written in the state of what they are about, which is still there. */
function giveBack(spool: Spool, owner: string): void {
  const folder = spool.path(FOLDERS.claimed, owner)
  const ids = spool.names(FOLDERS.claimed, owner).filter(isId)
  const entries = ids.map((id) => ({ id, entry: read(spool, join(folder, id)) }))
  const known = new Map(entries.map(({ id, entry }) => [id, entry]))
  const isReport = ({ entry }: (typeof entries)[number]): boolean =>
    entry?.reportOf != null && known.has(entry.reportOf)
  for (const one of [...entries.filter(isReport), ...entries.filter((each) => !isReport(each))]) {
    const { id, entry } = one
    const about = isReport(one) ? known.get(entry!.reportOf!) : undefined
    const path = join(folder, id)
    // It will be made again, by whoever delivers next what it is about.
    if (about !== undefined && !about.reports.includes(id)) {
      const removed = spool.path(FOLDERS.unfinished, `${owner}+${id}`)
      if (spool.move(path, removed)) spool.discard(removed)
    } else {
      tidy(spool, path)
      spool.move(path, spool.path(FOLDERS.waiting, id))
    }
  }
  try {
    spool.steps.rmdirSync(folder)
  } catch {}
}

function read(spool: Spool, path: string): QueueEntry | undefined {
  const file = join(path, 'state.json')
  try {
    const text = spool.text(file)
    return text === undefined ? undefined : parseEntry(text, file)
  } catch {
    // Found out, and said, when it is claimed.
    return undefined
  }
}

/** Removes states that were not written to their end. */
function tidy(spool: Spool, path: string): void {
  for (const name of safeNames(spool, path)) {
    if (!name.endsWith('.tmp')) continue
    try {
      spool.steps.unlinkSync(join(path, name))
    } catch {}
  }
}

function safeNames(spool: Spool, path: string): string[] {
  try {
    return spool.steps.readdirSync(path)
  } catch {
    return []
  }
}

function isAbandoned(spool: Spool, name: string): boolean {
  const owner = parseOwner(name)
  if (owner !== undefined && stateOf(owner) === 'dead') return true
  try {
    const age = Date.now() - spool.steps.lstatSync(spool.path(FOLDERS.unfinished, name)).mtimeMs
    return age > QUEUE_LIMITS.abandonedAfter.value
  } catch {
    return false
  }
}
