import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { DanelawError } from '../../errors.ts'
import { parseMailbox } from '../address.ts'
import { unreadable, unwritable } from './line-file.ts'
import type { Reporter } from './report.ts'

/**
 * Who reports, by the options of the same names.
 * @throws {DanelawError} `bad-mailbox`
 */
export function readReporter(options: {
  readonly from: string
  readonly contact?: string
  readonly organization?: string
}): Omit<Reporter, 'instance'> {
  const { from, contact = from } = options
  for (const [name, address] of Object.entries({ from, contact })) {
    const { needsUtf8, domain, text } = parseMailbox(address)
    if (needsUtf8 || domain.kind !== 'domain') {
      throw new DanelawError('bad-mailbox', `'${text}' cannot be the ${name} of reports`, {
        hint: 'take an address in US-ASCII at a domain',
      })
    }
  }
  const submitter = contact.slice(contact.lastIndexOf('@') + 1).toLowerCase()
  return { organization: options.organization ?? submitter, contact, submitter }
}

/**
 * What tells reports from this directory from those of the reporter's other machines; undefined where nothing does yet.
 * @throws {DanelawError} `file`
 */
export function instanceOf(directory: string): string | undefined {
  const path = join(directory, 'instance')
  try {
    const text = fs.readFileSync(path, 'utf8').trim()
    return /^[0-9a-f]{16}$/.test(text) ? text : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unreadable(path, error)
  }
}

/** @throws {DanelawError} `file` */
export function newInstance(directory: string): string {
  const path = join(directory, 'instance')
  const text = randomBytes(8).toString('hex')
  try {
    fs.writeFileSync(path, `${text}\n`, { flag: 'wx' })
    return text
  } catch (error) {
    // Another process may have been faster.
    const other = instanceOf(directory)
    if (other !== undefined) return other
    throw unwritable(path, error)
  }
}
