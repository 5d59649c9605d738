import { expect, test } from 'vitest'
import { tlsParameters } from '../../src/smtp/tls-parameters.ts'

const WHERE = { serverName: 'mx.example.com' }

test('where TLS is owed no policy takes a version below 1.2', () => {
  for (const level of ['encrypt', 'authenticate'] as const) {
    for (const tlsMinimum of [null, 'TLSv1', 'TLSv1.1', 'TLSv1.2'] as const) {
      expect(tlsParameters(level, { ...WHERE, tlsMinimum }).minVersion).toBe('TLSv1.2')
    }
    expect(tlsParameters(level, { ...WHERE, tlsMinimum: 'TLSv1.3' }).minVersion).toBe('TLSv1.3')
  }
  expect(tlsParameters('may', { ...WHERE, tlsMinimum: 'TLSv1.1' }).minVersion).toBe('TLSv1.1')
})
