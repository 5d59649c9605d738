import { createHash } from 'node:crypto'
import type { JudgedTlsa } from '../dane/policy.ts'
import type { PkixUsages } from '../dane/usability.ts'
import { toHex } from '../wire/presentation/encodings.ts'
import type { Route } from './attempt.ts'
import type { CheckedSettings } from './connection-settings.ts'
import type { Authenticator, Security } from './policy/requirement.ts'
import type { TlsLevel } from './session-types.ts'

/**
 * Under what a connection may be used for another mail: everything that was proven of the peer, everything it was
 * compared with, and who we were to it. What differs in any of it is another connection.
 */
export function reuseKey(
  { host, requirement }: Route,
  settings: CheckedSettings,
  port: number,
  level: TlsLevel,
): string {
  const { security, tlsMinimum, requireTls } = requirement
  const { tlsa, authorities, localAddress = null, ehloName } = settings
  return JSON.stringify([
    nameKey(host.host),
    host.tlsaBase === null ? null : nameKey(host.tlsaBase),
    port,
    [...host.addresses].sort(),
    level,
    securityKey(security),
    tlsMinimum,
    requireTls,
    [tlsa.digests ?? null, usagesKey(tlsa.pkix ?? null), authorities === undefined ? null : digestOf(authorities)],
    [localAddress, ehloName],
    settings.relay === undefined ? null : [settings.relay.implicitTls, settings.relay.credentials?.username ?? null],
  ])
}

function securityKey(security: Security): unknown {
  if (!('by' in security)) return [security.level]
  return [security.level, security.level === 'audit' ? security.below : null, authenticatorKey(security.by)]
}

function authenticatorKey(by: Authenticator): unknown {
  switch (by.kind) {
    case 'dane': {
      const records = by.host.tlsa.map(recordKey).sort()
      return [
        by.kind,
        nameKey(by.host.tlsaBase),
        by.host.referenceIdentifiers.map(nameKey),
        records,
        usagesKey(by.usages),
      ]
    }
    case 'fingerprint':
      return [by.kind, by.pins.map(({ of, digest, data }) => `${of} ${digest} ${toHex(data)}`).sort()]
    case 'pkix':
      return [by.kind, by.names.map(nameKey), by.parents.map(nameKey), authoritiesKey(by.authorities)]
  }
}

function recordKey({ tlsa, usable }: JudgedTlsa): string {
  if (tlsa === null) return 'short'
  return `${usable} ${tlsa.usage} ${tlsa.selector} ${tlsa.matchingType} ${toHex(tlsa.data)}`
}

function usagesKey(usages: PkixUsages | null): unknown {
  return usages === null || typeof usages === 'string' ? usages : digestOf(usages.authorities)
}

function authoritiesKey(authorities: readonly Uint8Array[] | 'system'): string {
  return authorities === 'system' ? authorities : digestOf(authorities)
}

function digestOf(octets: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const each of octets) hash.update(`${each.length} `).update(each)
  return hash.digest('hex')
}

function nameKey(name: { toCanonicalString(): string }): string {
  return name.toCanonicalString()
}
