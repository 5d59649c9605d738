import { chownSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Arguments for `unshare` that run a command where what `lines` of shell mount is seen by nobody else, and gone with
 * it.
 */
export function privately(lines: readonly string[], command: readonly string[]): string[] {
  return ['--mount', '--propagation', 'private', 'sh', '-ec', [...lines, 'exec "$@"'].join('\n'), 'sh', ...command]
}

/** Accounts that mail servers of another Debian package expect, without adding them to this system. */
const ACCOUNTS = { 'Debian-exim': 64_101, opensmtpd: 64_102, opensmtpq: 64_103, mailbox: 64_104 } as const

export interface Accounts {
  readonly passwd: string
  readonly group: string
}

/** Files for /etc/passwd and /etc/group: this system's, with the accounts of the mail servers. */
export function writeAccounts(folder: string): Accounts {
  const [passwd, group] = [join(folder, 'passwd'), join(folder, 'group')]
  const names = Object.entries(ACCOUNTS)
  const users = names.map(([name, id]) => `${name}:x:${id}:${id}::/home/${name}:/usr/sbin/nologin\n`)
  const groups = names.map(([name, id]) => `${name}:x:${id}:\n`)
  writeFileSync(passwd, readFileSync('/etc/passwd', 'utf8') + users.join(''))
  writeFileSync(group, readFileSync('/etc/group', 'utf8') + groups.join(''))
  return { passwd, group }
}

export function giveTo(account: keyof typeof ACCOUNTS, ...paths: readonly string[]): void {
  for (const path of paths) chownSync(path, ACCOUNTS[account], ACCOUNTS[account])
}
