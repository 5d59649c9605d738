import type { BogusAnswer, Failure, IndeterminateAnswer } from '../../dnssec/status.ts'
import { Rcode } from '../../wire/codes/rcode.ts'

/** An error as `node:dns` gives it; `cause` is why a lookup failed, where a lookup did. */
export interface DnsError extends Error {
  /** `ENOTFOUND`, `ENODATA`, `ESERVFAIL` and the others of `node:dns`. */
  readonly code: string
  /** `queryMx`, `getHostByAddr`, `getaddrinfo`. */
  readonly syscall: string
  readonly hostname: string
  readonly cause?: Failure | undefined
}

export function dnsError(code: string, syscall: string, hostname: string, cause?: unknown): DnsError {
  // Without a name, node:dns ends the text at the code.
  const text = hostname === '' ? `${syscall} ${code}` : `${syscall} ${code} ${hostname}`
  const error = new Error(text, cause === undefined ? undefined : { cause })
  return Object.assign(error, { errno: undefined, code, syscall, hostname }) as unknown as DnsError
}

/** A mistake of the caller, with the code that Node gives it. */
export function argumentError(code: 'ERR_INVALID_ARG_TYPE' | 'ERR_INVALID_ARG_VALUE', text: string): TypeError {
  return Object.assign(new TypeError(text), { code })
}

/** The code of `node:dns` for a lookup without a usable result: a validating server answers SERVFAIL for bogus data. */
export function failureCode({ status, reason, rcode }: BogusAnswer | IndeterminateAnswer): string {
  if (status === 'bogus') return 'ESERVFAIL'
  switch (reason.code) {
    case 'upstream-timeout':
      return 'ETIMEOUT'
    case 'upstream-refused':
      return RCODES.get(rcode) ?? 'EREFUSED'
    case 'upstream-failed':
      return reason.text.includes('connection refused') ? 'ECONNREFUSED' : (RCODES.get(rcode) ?? 'ESERVFAIL')
    case 'aborted':
      return 'ECANCELLED'
    default:
      return 'ESERVFAIL'
  }
}

const RCODES: ReadonlyMap<number, string> = new Map([
  [Rcode.FORMERR, 'EFORMERR'],
  [Rcode.SERVFAIL, 'ESERVFAIL'],
  [Rcode.NOTIMP, 'ENOTIMP'],
  [Rcode.REFUSED, 'EREFUSED'],
])
