/** SvcParamKeys: https://www.iana.org/assignments/dns-svcb. */
export const SvcParamKey = {
  mandatory: 0,
  alpn: 1,
  'no-default-alpn': 2,
  port: 3,
  ipv4hint: 4,
  ech: 5,
  ipv6hint: 6,
  dohpath: 7,
  ohttp: 8,
  'tls-supported-groups': 9,
  docpath: 10,
} as const

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(SvcParamKey).map(([name, key]) => [key, name]))

/** The registered name, or `keyN` (RFC 9460 section 2.1). */
export function svcParamKeyName(key: number): string {
  return NAMES.get(key) ?? `key${key}`
}

/** The number of a registered name or of `keyN`, in lower case as RFC 9460 section 2.1 has it; undefined for others. */
export function svcParamKeyFromName(text: string): number | undefined {
  if (Object.hasOwn(SvcParamKey, text)) return SvcParamKey[text as keyof typeof SvcParamKey]
  const match = /^key(0|[1-9][0-9]{0,4})$/.exec(text)
  if (match === null) return undefined
  const key = Number(match[1])
  return key <= 65535 ? key : undefined
}
