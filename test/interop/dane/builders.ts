/** Certificates that are in order but for what is said. */
import {
  certificate,
  type CertificateOptions,
  extensions as ext,
  general,
  keyIdentifier,
  type Made,
  newKey,
} from './x509.ts'

export const AT = 1_790_000_000
export const HOST = 'mx.example.com'
export const DAY = 86_400

/** What a server sends, what stands above it, and what a verifier with authorities of its own trusts. */
export interface Shape {
  readonly what: string
  /** The leaf first. */
  readonly sent: readonly Made[]
  /** Certificates that records may be for though nobody sends them. */
  readonly absent: readonly Made[]
  /** The file of authorities. */
  readonly authorities: readonly Made[]
  /** What is asked about it in all variants. */
  readonly about?: 'names' | 'times'
}

export interface Parts extends Partial<Omit<CertificateOptions, 'extensions'>> {
  readonly names?: readonly string[] | null
  readonly alternativeNames?: readonly Buffer[]
  readonly basic?: Buffer | null
  readonly usage?: Buffer | null
  readonly purposes?: Buffer | null
  readonly subjectKey?: Buffer | null
  readonly authorityKey?: Buffer | null
  readonly more?: readonly Buffer[]
  readonly bare?: boolean
}

export function authority(subject: string | Buffer, issuer?: Made, parts: Parts = {}): Made {
  return build(subject, issuer, { basic: ext.basicConstraints(true), usage: ext.keyUsage(5, 6), names: null, ...parts })
}

export function server(issuer?: Made, parts: Parts = {}): Made {
  const { subject = HOST, ...others } = parts
  return build(subject, issuer, { basic: ext.basicConstraints(false), purposes: ext.purposes(SERVER_AUTH), ...others })
}

function build(subject: string | Buffer, issuer: Made | undefined, parts: Parts): Made {
  const { names = [HOST], bare = false, key = newKey.p256(), more = [], alternativeNames, ...others } = parts
  const texts = alternativeNames ?? names?.map(general.dns) ?? []
  const signer = issuer?.key ?? key
  const all = [
    parts.basic,
    parts.usage,
    parts.purposes,
    texts.length === 0 ? null : ext.alternativeNames(...texts),
    parts.subjectKey === undefined ? ext.subjectKey(keyIdentifier(key)) : parts.subjectKey,
    parts.authorityKey === undefined ? ext.authorityKey(keyIdentifier(signer)) : parts.authorityKey,
    ...more,
  ].filter((each): each is Buffer => each !== null && each !== undefined)
  return certificate({
    notBefore: AT - DAY,
    notAfter: AT + 90 * DAY,
    ...others,
    ...(issuer === undefined ? {} : { issuer }),
    subject,
    key,
    extensions: bare ? [] : all,
  })
}

export function shape(
  what: string,
  sent: readonly Made[],
  absent: readonly Made[] = [],
  authorities?: readonly Made[],
): Shape {
  const all = [...sent, ...absent]
  return { what, sent, absent, authorities: authorities ?? all.slice(-1) }
}

/** Leaf, intermediate and root, of which parts are changed. */
export function three(what: string, parts: { root?: Parts; intermediate?: Parts; leaf?: Parts }): Shape {
  const root = authority('Root', undefined, parts.root)
  const intermediate = authority('Intermediate', root, parts.intermediate)
  return shape(what, [server(intermediate, parts.leaf), intermediate, root])
}

export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
export const MAIL = '1.3.6.1.5.5.7.3.4'
export const ANY_PURPOSE = '2.5.29.37.0'
