import { TLSRPT_LIMITS } from '../../limits.ts'
import { TLS_FAILURE_TYPES, type TlsFailureType, type TlsSession } from '../tls-session.ts'

/** A session as one line of JSON, without its end. What a peer chose is cut to what a report may say. */
export function formatSession(session: TlsSession): string {
  const { policyStrings, mxHosts, failure } = session
  const { textCharacters, policyStrings: strings, policyStringCharacters } = TLSRPT_LIMITS
  return JSON.stringify({
    ...session,
    time: session.time.toISOString(),
    policyStrings: policyStrings.slice(0, strings.value).map((text) => cut(text, policyStringCharacters.value)),
    mxHosts: mxHosts.slice(0, strings.value).map((text) => cut(text, textCharacters.value)),
    receivingHelo: session.receivingHelo === null ? null : cut(session.receivingHelo, textCharacters.value),
    failure: failure === null ? null : { type: failure.type, text: cut(failure.text, textCharacters.value) },
  })
}

/** The session of a line; undefined for what is none, such as a line that a power failure cut. */
export function parseSession(line: string): TlsSession | undefined {
  let given: unknown
  try {
    given = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof given !== 'object' || given === null) return undefined
  const fields = given as Readonly<Record<string, unknown>>
  const { time, domain, policyDomain, policyType, policyStrings, mxHosts, host, failure } = fields
  const { sendingAddress, receivingAddress, receivingHelo } = fields
  if (typeof time !== 'string' || !TIME.test(time) || Number.isNaN(Date.parse(time))) return undefined
  if (!isText(domain) || !isText(policyDomain) || !isText(host)) return undefined
  if (!isTexts(policyStrings) || !isTexts(mxHosts) || !isPolicyType(policyType)) return undefined
  if (!isTextOrNull(sendingAddress) || !isTextOrNull(receivingAddress) || !isTextOrNull(receivingHelo)) return undefined
  if (!isFailureOrNull(failure)) return undefined
  return {
    time: new Date(time),
    domain,
    policyDomain,
    policyType,
    policyStrings,
    mxHosts,
    host,
    sendingAddress,
    receivingAddress,
    receivingHelo,
    failure: failure === null ? null : { type: failure.type, text: failure.text },
  }
}

function cut(text: string, most: number): string {
  // Half a surrogate pair has no place in JSON that others read (RFC 7493 section 2.1).
  const characters = [...text.replace(/\p{Cs}/gu, '\u{fffd}')]
  return characters.length <= most ? characters.join('') : `${characters.slice(0, most - 1).join('')}…`
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function isPolicyType(value: unknown): value is TlsSession['policyType'] {
  return value === 'tlsa' || value === 'sts' || value === 'no-policy-found'
}

function isFailureOrNull(value: unknown): value is TlsSession['failure'] {
  if (value === null) return true
  if (typeof value !== 'object') return false
  const { type, text } = value as Readonly<Record<string, unknown>>
  return typeof text === 'string' && FAILURE_TYPES.has(type as TlsFailureType)
}

const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/

const FAILURE_TYPES: ReadonlySet<TlsFailureType> = new Set(TLS_FAILURE_TYPES)
