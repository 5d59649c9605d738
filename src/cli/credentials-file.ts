import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { DanelawError } from '../errors.ts'
import { CLI_LIMITS } from '../limits.ts'
import { Credentials } from '../smtp/sasl/credentials.ts'

/**
 * Reads who we are to a server: two lines, the user and the password; or settings `user =`, and `password =` or
 * `token =`. Nothing of what the file holds is in any error.
 * @throws {DanelawError} `file`; `bad-config` for what is none, and for a file that others may read or write
 */
export function readCredentials(path: string): Credentials {
  const lines = readPrivate(path)
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
  if (lines.at(-1) === '') lines.pop()
  const found = lines.some((line) => SETTING.test(line)) ? readSettings(path, lines) : readTwoLines(path, lines)
  try {
    const { user, secret, kind } = found
    return kind === 'token' ? Credentials.accessToken(user, secret) : Credentials.password(user, secret)
  } catch (error) {
    // Says what is wrong with which of them, and does not show it.
    throw wrong(path, (error as Error).message)
  }
}

interface Found {
  readonly user: string
  readonly secret: string
  readonly kind: 'password' | 'token'
}

function readTwoLines(path: string, lines: readonly string[]): Found {
  const [user, secret, ...more] = lines
  if (user === undefined || secret === undefined || more.length > 0) {
    throw wrong(path, 'holds neither two lines, user and password, nor settings user = and password = or token =')
  }
  return { user, secret, kind: 'password' }
}

function readSettings(path: string, lines: readonly string[]): Found {
  const given = new Map<string, string>()
  for (const [index, line] of lines.entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue
    const match = SETTING.exec(line)
    if (match === null) throw wrong(path, 'is none of user =, password =, token =', index + 1)
    if (given.has(match[1]!)) throw wrong(path, `${match[1]} is there twice`, index + 1)
    given.set(match[1]!, match[2]!)
  }
  const [user, password, token] = ['user', 'password', 'token'].map((name) => given.get(name))
  const secret = password ?? token
  if (user === undefined || secret === undefined)
    throw wrong(path, 'user =, and password = or token =, are not all there')
  if (password !== undefined && token !== undefined) throw wrong(path, 'password = and token = exclude each other')
  return { user, secret, kind: password === undefined ? 'token' : 'password' }
}

/** The permissions are those of the file that is read, whatever the name stands for by then. */
function readPrivate(path: string): string {
  const most = CLI_LIMITS.credentialsOctets.value
  let descriptor: number | undefined
  try {
    descriptor = openSync(path, 'r')
    const stat = fstatSync(descriptor)
    if (stat.isDirectory()) throw unreadable(path, 'is a folder')
    // Windows has no such permissions, and shows all as given.
    if (process.platform !== 'win32' && (stat.mode & 0o006) !== 0) {
      throw new DanelawError('bad-config', 'holds credentials, and other users of this system may read or change it', {
        place: { file: path },
        hint: 'run chmod 600 on it, and change the password if anybody else was here',
      })
    }
    const octets = new Uint8Array(most + 1)
    let length = 0
    for (;;) {
      const count = readSync(descriptor, octets, length, octets.length - length, null)
      if (count === 0) break
      length += count
      if (length > most) throw wrong(path, `has more than ${most} octets`)
    }
    return decoded(path, octets.subarray(0, length))
  } catch (error) {
    if (error instanceof DanelawError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    throw unreadable(path, code === 'ENOENT' ? 'does not exist' : `cannot be read: ${code}`)
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

function decoded(path: string, octets: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets)
  } catch {
    throw wrong(path, 'is not UTF-8 text')
  }
}

function wrong(file: string, message: string, line?: number): DanelawError {
  return new DanelawError('bad-config', message, { place: { file, ...(line !== undefined && { line }) } })
}

function unreadable(file: string, message: string): DanelawError {
  return new DanelawError('file', message, { place: { file } })
}

const SETTING = /^\s*(user|password|token)\s*=\s*(.*?)\s*$/
