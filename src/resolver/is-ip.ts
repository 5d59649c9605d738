import { parseIpv4, parseIpv6 } from '../wire/address.ts'

/**
 * As `isIP` of `node:net`, whose patterns take longer to make than all the arguments of a program to read: the family of
 * an address, with a zone behind `%` or without, and 0 for anything else.
 */
export function isIP(text: string): 0 | 4 | 6 {
  const percent = text.indexOf('%')
  if (percent >= 0) return ZONE.test(text.slice(percent + 1)) && parseIpv6(text.slice(0, percent)) !== undefined ? 6 : 0
  if (parseIpv4(text) !== undefined) return 4
  return parseIpv6(text) === undefined ? 0 : 6
}

const ZONE = /^[0-9A-Za-z.:-]+$/
