import { describe, expect, test } from 'vitest'
import { Credentials } from '../../../src/smtp/sasl/credentials.ts'
import { Scram } from '../../../src/smtp/sasl/scram.ts'
import { ascii, vectors } from '../vectors.ts'

interface ScramVector {
  readonly username: string
  readonly password: string
  readonly nonce: string
  /** Hexadecimal. */
  readonly channelBinding?: string | null
  readonly serverBinds?: boolean
  readonly exchange: readonly ({ readonly client: string } | { readonly server: string })[]
  readonly expect: 'complete' | { readonly refused: string }
}

describe('SCRAM-SHA-256 (RFC 5802, RFC 7677)', () => {
  test.each(vectors<ScramVector>('scram'))('$name: $what', (vector) => {
    const { username, password, nonce, exchange, serverBinds = false } = vector
    const channelBinding = vector.channelBinding ? Buffer.from(vector.channelBinding, 'hex') : null
    const scram = new Scram(Credentials.password(username, password), { channelBinding, serverBinds, nonce })
    let said: Uint8Array | string | null = scram.initial
    for (const message of exchange) {
      if ('client' in message) expect(Buffer.from(said as Uint8Array).toString()).toBe(message.client)
      else {
        expect(scram.complete).toBe(false)
        said = scram.respond(Buffer.from(message.server))
      }
    }
    if (vector.expect === 'complete') {
      expect(said).toEqual(new Uint8Array(0))
      expect(scram.complete).toBe(true)
      expect(scram.respond(ascii('v='))).toContain('is over')
    } else {
      expect(said).toContain(vector.expect.refused)
      expect(scram.complete).toBe(false)
    }
  })

  test('the name of the mechanism says whether it is bound', () => {
    const credentials = Credentials.password('user', 'pencil')
    const name = (channelBinding: Uint8Array | null, serverBinds: boolean): string =>
      new Scram(credentials, { channelBinding, serverBinds }).mechanism
    expect(name(new Uint8Array(32), true)).toBe('SCRAM-SHA-256-PLUS')
    expect(name(null, true)).toBe('SCRAM-SHA-256')
    expect(name(new Uint8Array(32), false)).toBe('SCRAM-SHA-256')
  })

  test('every exchange has its own nonce', () => {
    const credentials = Credentials.password('user', 'pencil')
    const first = (): string =>
      Buffer.from(new Scram(credentials, { channelBinding: null, serverBinds: false }).initial).toString()
    expect(first()).toMatch(/^n,,n=user,r=[A-Za-z0-9+/]{32}$/)
    expect(first()).not.toBe(first())
  })
})
