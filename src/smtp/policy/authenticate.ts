import tls from 'node:tls'
import { Presented } from '../../dane/match.ts'
import { verifyPkix } from '../../dane/pkix.ts'
import type { TlsaSettings } from '../../dane/usability.ts'
import { type DaneReasonCode, verifyDane } from '../../dane/verify.ts'
import { DanelawError } from '../../errors.ts'
import type { AuthenticatedBy, MatchedRecord } from '../outcome.ts'
import type { Approval } from '../session-types.ts'
import type { TlsFailureType } from '../tls-session.ts'
import type { Pin } from './destination-policy.ts'
import type { Authenticator } from './requirement.ts'

/** What became of the comparison. */
export type Judged = Approval & {
  readonly by: AuthenticatedBy | null
  /** The TLSA record, under DANE. */
  readonly matched: MatchedRecord | null
  /** Null where the peer is authenticated. */
  readonly failure: TlsFailureType | null
}

export interface JudgeSettings {
  /** What counts where the policy says nothing of its own. */
  readonly tlsa: TlsaSettings
  /** Authorities in DER where the policy names none; undefined: those this system trusts. */
  readonly authorities: readonly Uint8Array[] | undefined
  /** Unix seconds. */
  readonly at: number
}

/** Judges a peer by the certificates it sent. What cannot be read is one more way not to be authenticated. */
export function judgePeer(authenticator: Authenticator, chain: readonly Uint8Array[], settings: JudgeSettings): Judged {
  try {
    switch (authenticator.kind) {
      case 'dane':
        return judgeByDane(authenticator, chain, settings)
      case 'fingerprint':
        return judgeByPins(authenticator.pins, chain)
      case 'pkix':
        return judgeByAuthorities(authenticator, chain, settings)
    }
  } catch (error) {
    if (!(error instanceof DanelawError)) throw error
    return refused(error.message, 'validation-failure')
  }
}

function judgeByDane(
  { host, usages }: Extract<Authenticator, { kind: 'dane' }>,
  chain: readonly Uint8Array[],
  { tlsa, at }: JudgeSettings,
): Judged {
  const records = host.tlsa.flatMap((judged) => (judged.usable ? [judged.tlsa] : []))
  const options = { ...tlsa, ...(usages !== null && { pkix: usages }), at }
  const verdict = verifyDane(chain, records, host.referenceIdentifiers, options)
  if (!verdict.authenticated) {
    const { code, text } = verdict.reason
    return refused(text, FAILURES.get(code) ?? 'validation-failure')
  }
  const { usage, selector, matchingType, depth } = verdict.matched
  const matched = { usage, selector, matchingType, depth }
  return { authenticated: true, why: null, by: 'dane', matched, failure: null }
}

function judgeByPins(pins: readonly Pin[], [leaf]: readonly Uint8Array[]): Judged {
  if (leaf === undefined) return refused('the server showed no certificate', 'validation-failure')
  const presented = new Presented(leaf)
  let unreadable: string | undefined
  for (const { of, digest, data } of pins) {
    try {
      const record = { usage: 3, selector: of === 'spki' ? 1 : 0, matchingType: digest === 'SHA2-256' ? 1 : 2, data }
      if (presented.matches(record))
        return { authenticated: true, why: null, by: 'fingerprint', matched: null, failure: null }
    } catch (error) {
      // The key cannot be found; the digest of the whole certificate may still do.
      if (!(error instanceof DanelawError)) throw error
      unreadable = error.message
    }
  }
  const why = unreadable === undefined ? '' : `: ${unreadable}`
  return refused(`the certificate has none of the fingerprints of the policy${why}`, 'validation-failure')
}

function judgeByAuthorities(
  { names, parents, authorities }: Extract<Authenticator, { kind: 'pkix' }>,
  chain: readonly Uint8Array[],
  settings: JudgeSettings,
): Judged {
  const trusted = authorities === 'system' ? (settings.authorities ?? systemAuthorities()) : authorities
  const verdict = verifyPkix(chain, { authorities: trusted, names, parents, at: settings.at })
  if (verdict.authenticated) return { authenticated: true, why: null, by: 'pkix', matched: null, failure: null }
  const { code, text } = verdict.reason
  return refused(
    text,
    FAILURES.get(code) ?? (code === 'no-certificate' ? 'validation-failure' : 'certificate-not-trusted'),
  )
}

/** Those Node.js trusts, in DER; read when they are first wanted. */
function systemAuthorities(): readonly Uint8Array[] {
  if (system === undefined) {
    // Not there before Node 22.15. The default is what TLS uses: the built-in ones, with what the environment adds.
    const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => readonly string[] }
    const pem = getCACertificates?.('default') ?? tls.rootCertificates
    system = pem.map((text) => Uint8Array.from(Buffer.from(text.replace(/-----[^-]+-----|\s/g, ''), 'base64')))
  }
  return system
}
let system: Uint8Array[] | undefined

function refused(why: string, failure: TlsFailureType): Judged {
  return { authenticated: false, why, by: null, matched: null, failure }
}

/** Codes that reports have a word of their own for (RFC 8460 section 4.3.2). */
const FAILURES: ReadonlyMap<DaneReasonCode, TlsFailureType> = new Map([
  ['name-mismatch', 'certificate-host-mismatch'],
  ['certificate-expired', 'certificate-expired'],
] as const)
