import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Certificate,
  type CertificateKey,
  createAuthority,
  createLeaf,
  credentials,
  tlsaFor,
} from '../../lab/certificates.ts'
import type { ServerCertificate } from '../peers/upstream.ts'

/** A server's certificate in files, with what TLSA records are made from. */
export interface Identity extends ServerCertificate {
  readonly leaf: Certificate
  readonly root: Certificate
}

export interface IdentityOptions {
  readonly names: readonly string[]
  readonly key?: CertificateKey
  /** Default: all certificates up to the root; `no-root`: all below it. */
  readonly sends?: 'no-root'
}

/** Makes certificates below one intermediate authority and its root. */
export async function createIdentities(
  folder: string,
): Promise<(label: string, options: IdentityOptions) => Promise<Identity>> {
  const root = await createAuthority({ commonName: 'Interop Root' })
  const intermediate = await createAuthority({ commonName: 'Interop Intermediate' }, root)
  return async (label, { names, key = 'p256', sends }) => {
    const leaf = await createLeaf({ names, key }, intermediate)
    const made = await credentials(leaf, sends === 'no-root' ? [intermediate] : undefined)
    const [keyFile, file] = [join(folder, `${label}.key`), join(folder, `${label}.pem`)]
    writeFileSync(keyFile, made.key, { mode: 0o600 })
    writeFileSync(file, made.cert)
    return { leaf, root, keyFile, file }
  }
}

/** `3 1 1`, completed by the data that fits; of the root for usages 0 and 2. */
export function fitting({ leaf, root }: Pick<Identity, 'leaf' | 'root'>, parameters: string): string {
  const [usage, selector, matchingType] = parameters.split(' ').map(Number) as [number, number, number]
  const { data } = tlsaFor((usage % 2 === 0 ? root : leaf).der, usage, selector, matchingType)
  return `${parameters} ${Buffer.from(data).toString('hex')}`
}
