import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './program.ts'
import type { ServerCertificate } from './upstream.ts'

export interface MadeCertificate extends ServerCertificate {
  readonly pem: string
  /** SHA-256 of its SubjectPublicKeyInfo in base64. */
  readonly pin: string
}

/** A certificate for one name, signed by its own key. */
export function makeCertificate(folder: string, host: string): MadeCertificate {
  const keyFile = join(folder, `${host}.key`)
  const file = join(folder, `${host}.pem`)
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', keyFile]
  run('openssl', ['req', '-x509', '-days', '30', ...key, '-out', file, ...subject])
  const pem = readFileSync(file, 'utf8')
  const spki = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' })
  return { keyFile, file, pem, pin: createHash('sha256').update(spki).digest('base64') }
}
