import { expect } from 'vitest'
import { type DiscoverOptions, discover } from '../../../src/dane/destination.ts'
import type { Destination, HostPolicy } from '../../../src/dane/policy.ts'
import type { Name } from '../../../src/wire/name.ts'
import { type Scripted, ScriptedLookup, secure } from '../scripted.ts'

export const DIGEST = 'ab'.repeat(32)
export const TLSA = `3 1 1 ${DIGEST}`
/** A host in a signed zone with one address and one TLSA record. */
export const host = (name: string, tlsa: Scripted = secure(TLSA)) => ({
  [`${name} A`]: secure('192.0.2.1'),
  [`${name} AAAA`]: secure(),
  [`_25._tcp.${name} TLSA`]: tlsa,
})

export async function find(table: Record<string, Scripted>, next = 'example.com', options: DiscoverOptions = {}) {
  const lookup = new ScriptedLookup(table)
  const destination = await discover(lookup, next, { random: () => 0, ...options })
  return { destination, asked: lookup.asked, ...summary(destination) }
}

function summary(destination: Destination) {
  const names = destination.hosts.map(({ host }) => host.toCanonicalString())
  return { names, levels: destination.hosts.map(({ level }) => level), first: destination.hosts[0] as HostPolicy }
}

export const text = (names: readonly Name[]) => names.map(String)

export function only<L extends HostPolicy['level']>(policy: HostPolicy, level: L): Extract<HostPolicy, { level: L }> {
  expect(policy.level).toBe(level)
  return policy as Extract<HostPolicy, { level: L }>
}

/** A secure MX with one host. */
export const mx = { 'example.com MX': secure('10 mx.example.com') }
