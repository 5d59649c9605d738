import { Credentials } from './credentials.ts'
import type { SaslExchange } from './mechanism.ts'

/** PLAIN: no authorization identity, name, password (RFC 4616 section 2). */
export function plain(credentials: Credentials): SaslExchange {
  const initial = utf8(`\0${credentials.username}\0${Credentials.secretOf(credentials)}`)
  return { mechanism: 'PLAIN', initial, respond: () => 'the server asks on, where PLAIN is over', complete: true }
}

/** LOGIN: the server asks twice; what it says is not looked at, for it differs (draft-murchison-sasl-login). */
export function login(credentials: Credentials): SaslExchange {
  const answers = [utf8(credentials.username), utf8(Credentials.secretOf(credentials))]
  return {
    mechanism: 'LOGIN',
    initial: null,
    respond: () => answers.shift() ?? 'the server asks on, where LOGIN is over',
    get complete() {
      return answers.length === 0
    },
  }
}

/** XOAUTH2: name and access token; a challenge is the server's error, which wants an empty answer before it says no. */
export function xoauth2(credentials: Credentials): SaslExchange {
  const initial = utf8(`user=${credentials.username}\u0001auth=Bearer ${Credentials.secretOf(credentials)}\u0001\u0001`)
  let failed = false
  return {
    mechanism: 'XOAUTH2',
    initial,
    respond: () => {
      if (failed) return 'the server asks on, where XOAUTH2 is over'
      failed = true
      return new Uint8Array(0)
    },
    get complete() {
      return !failed
    },
  }
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
