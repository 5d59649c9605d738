/** The server's side of AUTH (RFC 4954), written apart from the client's so that a mistake is not made twice. */
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

export interface AuthAccount {
  readonly username: string
  /** Password, or access token for XOAUTH2. */
  readonly secret: string
  readonly mechanisms: readonly string[]
}

/** One AUTH command with what follows it. */
export interface AuthDialogue {
  /** The reply to a line of the client, the AUTH command first. */
  reply(line: string): string
}

/** `binding` is `tls-exporter` of the connection, as the server sees it. */
export function authDialogue(account: AuthAccount, binding: Buffer | null): AuthDialogue {
  let answers: ((text: string) => string) | undefined
  return {
    reply: (line) => {
      if (answers === undefined) {
        const [, mechanism = '', initial] = line.split(' ')
        if (!account.mechanisms.includes(mechanism)) return '504 5.5.4 Unknown mechanism'
        answers = MECHANISMS[mechanism]!(account, binding)
        if (initial === undefined) return mechanism === 'LOGIN' ? answers('') : '334 '
        return answers(initial === '=' ? '' : decoded(initial))
      }
      if (line === '*') return '501 5.7.0 Cancelled'
      return answers(decoded(line))
    },
  }
}

type Mechanism = (account: AuthAccount, binding: Buffer | null) => (text: string) => string

const YES = '235 2.7.0 Authentication successful'
const NO = '535 5.7.8 Authentication credentials invalid'

const MECHANISMS: Readonly<Record<string, Mechanism>> = {
  PLAIN:
    ({ username, secret }) =>
    (text) =>
      text === `\0${username}\0${secret}` ? YES : NO,
  LOGIN: ({ username, secret }) => {
    const given: string[] = []
    return (text) => {
      given.push(text)
      if (given.length === 1) return `334 ${encoded('Username:')}`
      if (given.length === 2) return `334 ${encoded('Password:')}`
      return given[1] === username && given[2] === secret ? YES : NO
    }
  },
  XOAUTH2: ({ username, secret }) => {
    let failed = false
    return (text) => {
      if (failed) return NO
      if (text === `user=${username}\u0001auth=Bearer ${secret}\u0001\u0001`) return YES
      failed = true
      return `334 ${encoded('{"status":"401"}')}`
    }
  },
  'SCRAM-SHA-256': (account) => scram(account, null),
  'SCRAM-SHA-256-PLUS': (account, binding) => scram(account, binding),
}

function scram({ username, secret, mechanisms }: AuthAccount, binding: Buffer | null): (text: string) => string {
  const salted = pbkdf2Sync(secret, SALT, 4096, 32, 'sha256')
  let gs2 = ''
  let clientFirst = ''
  let serverFirst = ''
  let done = false
  return (text) => {
    if (done) return YES
    if (clientFirst === '') {
      const match = /^(n,,|y,,|p=tls-exporter,,)(n=([^,]*),r=([^,]+))$/.exec(text)
      if (match === null) return '501 5.5.2 Not a first message'
      gs2 = match[1]!
      // A client that thinks there is no PLUS here has been lied to (RFC 5802 section 6).
      if (gs2 === 'y,,' && mechanisms.includes('SCRAM-SHA-256-PLUS')) return NO
      if (gs2.startsWith('p') !== (binding !== null)) return NO
      clientFirst = match[2]!
      if (match[3] !== username) return NO
      serverFirst = `r=${match[4]}servernonce,s=${SALT.toString('base64')},i=4096`
      return `334 ${encoded(serverFirst)}`
    }
    const [withoutProof = '', proof = ''] = text.split(/,p=/)
    const expected = `c=${Buffer.concat([Buffer.from(gs2), binding ?? Buffer.alloc(0)]).toString('base64')},`
    if (!withoutProof.startsWith(expected)) return NO
    const signed = `${clientFirst},${serverFirst},${withoutProof}`
    const storedKey = createHash('sha256').update(mac(salted, 'Client Key')).digest()
    const clientKey = Buffer.from(proof, 'base64').map((octet, at) => octet ^ mac(storedKey, signed)[at]!)
    if (!createHash('sha256').update(clientKey).digest().equals(storedKey)) return NO
    done = true
    return `334 ${encoded(`v=${mac(mac(salted, 'Server Key'), signed).toString('base64')}`)}`
  }
}

function mac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64')
}

function decoded(text: string): string {
  return Buffer.from(text, 'base64').toString()
}

const SALT = Buffer.from('salt of the lab!')
