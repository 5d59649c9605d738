import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { TlsSession } from '../../../src/smtp/tls-session.ts'

/** A directory that is gone when the test is. */
export function directory(): string {
  const folder = mkdtempSync(join(tmpdir(), 'danelaw-tlsrpt-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** One that went well, but for the changes. */
export function session(changes: Partial<TlsSession> = {}): TlsSession {
  return {
    time: new Date('2026-11-21T12:00:00Z'),
    domain: 'example.com.',
    policyDomain: 'mx.example.com.',
    policyType: 'tlsa',
    policyStrings: ['3 1 1 00'],
    mxHosts: ['mx.example.com.'],
    host: 'mx.example.com.',
    sendingAddress: '192.0.2.1',
    receivingAddress: '192.0.2.25',
    receivingHelo: 'mx.example.com',
    failure: null,
    ...changes,
  }
}

export function failed(text = 'no usable TLSA record matches', changes: Partial<TlsSession> = {}): TlsSession {
  return session({ failure: { type: 'validation-failure', text }, ...changes })
}
