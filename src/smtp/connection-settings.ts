import { isIP } from 'node:net'
import { hostname } from 'node:os'
import type { TlsaSettings } from '../dane/usability.ts'
import { SMTP_LIMITS, within } from '../limits.ts'
import type { Timeouts } from './connection-types.ts'
import { checkEhloName, isHostName } from './ehlo-name.ts'
import type { ConnectionPool } from './pool.ts'
import type { Credentials } from './sasl/credentials.ts'

/** How connections to mail servers are made. */
export interface ConnectionSettings extends TlsaSettings {
  /** TCP port in place of the policy's, for a lab; TLSA records stay those of the policy's port. */
  readonly connectPort?: number
  /** Source address. */
  readonly localAddress?: string
  /** Our name in EHLO; default: this system's name where it has a dot, else the literal of the connection's address. */
  readonly ehloName?: string
  /** Milliseconds, by the names of `SMTP_LIMITS`. */
  readonly timeouts?: Partial<Timeouts>
  /**
   * Authorities in DER, where a certificate has to be theirs and the policy names none: under MTA-STS, REQUIRETLS, and
   * the levels `verify` and `secure`. Default: those Node.js trusts. DANE asks none of them.
   */
  readonly authorities?: readonly Uint8Array[]
  /**
   * Connections are taken from here, and left here for the next mail that is owed exactly the same. Without it each
   * mail has connections of its own.
   */
  readonly pool?: ConnectionPool
  /** The time certificates are judged at, as a Date or in Unix seconds; default: when they are seen. */
  readonly at?: Date | number
  readonly signal?: AbortSignal
}

/** The same, checked and complete. */
export interface CheckedSettings {
  readonly connectPort: number | undefined
  readonly localAddress: string | undefined
  readonly ehloName: string | null
  readonly timeouts: Timeouts
  readonly at: Date | number | undefined
  readonly tlsa: TlsaSettings
  readonly authorities: readonly Uint8Array[] | undefined
  readonly pool: ConnectionPool | undefined
  /** How all mail is handed over to the one host that was configured for it. */
  readonly relay: { readonly implicitTls: boolean; readonly credentials: Credentials | undefined } | undefined
  readonly signal: AbortSignal | undefined
}

/** @throws {TypeError | RangeError} that names the option. */
export function checkSettings(settings: ConnectionSettings): CheckedSettings {
  const { connectPort, localAddress, ehloName, at, signal, digests, pkix, authorities } = settings
  if (connectPort !== undefined && !(Number.isInteger(connectPort) && connectPort >= 1 && connectPort <= 65_535)) {
    throw new RangeError(`connectPort: ${connectPort} is not a port`)
  }
  if (localAddress !== undefined && isIP(localAddress) === 0) {
    throw new TypeError(`localAddress: '${localAddress}' is not an address`)
  }
  if (ehloName !== undefined) checkEhloName('ehloName', ehloName)
  if (at !== undefined && !Number.isFinite(at instanceof Date ? at.getTime() : at)) {
    throw new RangeError('at: not a time')
  }
  if (
    authorities !== undefined &&
    !(Array.isArray(authorities) && authorities.every((der) => der instanceof Uint8Array))
  ) {
    throw new TypeError('authorities: not a list of certificates in DER')
  }
  return {
    connectPort,
    localAddress,
    ehloName: ehloName ?? ownName(),
    timeouts: timeouts(settings.timeouts ?? {}),
    at,
    tlsa: { ...(digests !== undefined && { digests }), ...(pkix !== undefined && { pkix }) },
    authorities,
    pool: settings.pool,
    relay: undefined,
    signal,
  }
}

function timeouts(given: Partial<Timeouts>): Timeouts {
  const unknown = Object.keys(given).find((name) => !TIMEOUTS.includes(name as keyof Timeouts))
  if (unknown !== undefined) throw new RangeError(`timeouts.${unknown}: no such timeout`)
  const complete = {} as Record<keyof Timeouts, number>
  for (const name of TIMEOUTS) complete[name] = within(`timeouts.${name}`, SMTP_LIMITS[name], given[name])
  return complete
}

/** A name of one label means nothing to anybody else (RFC 5321 section 4.1.4). */
function ownName(): string | null {
  const name = hostname()
  return name.includes('.') && isHostName(name) ? name : null
}

const TIMEOUTS = [
  'connectTimeout',
  'greetingTimeout',
  'commandTimeout',
  'dataInitTimeout',
  'dataBlockTimeout',
  'dataFinalTimeout',
  'handshakeTimeout',
  'quitTimeout',
] as const satisfies (keyof Timeouts)[]
