import { isIPv4, isIPv6 } from 'node:net'

/**
 * Checks a name for EHLO: a domain of letters, digits and hyphens, or an address literal (RFC 5321 section 4.1.1.1).
 * @throws {TypeError} that names `option`.
 */
export function checkEhloName(option: string, name: string): void {
  const literal = /^\[(?:IPv6:)?([0-9A-Fa-f:.]+)\]$/.exec(name)?.[1]
  const sound = literal === undefined ? isHostName(name) : ehloLiteral(literal) === name
  if (!sound) throw new TypeError(`${option}: ${JSON.stringify(name)} is neither a domain nor an address literal`)
}

/** Whether `name` can stand in EHLO and in SNI: labels of letters, digits, hyphens and underscores. */
export function isHostName(name: string): boolean {
  return name.length <= 253 && /^(?!-)[A-Za-z0-9_-]{1,63}(?:\.(?!-)[A-Za-z0-9_-]{1,63})*$/.test(name) && !isIPv4(name)
}

/** An address as an address literal; for what is none, the loopback address. */
export function ehloLiteral(address: string): string {
  const plain = address.split('%', 1)[0]!
  if (isIPv4(plain)) return `[${plain}]`
  return isIPv6(plain) ? `[IPv6:${plain}]` : '[127.0.0.1]'
}
