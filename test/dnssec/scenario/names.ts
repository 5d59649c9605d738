import { Rcode } from '../../../src/wire/codes/rcode.ts'

export function rcodeFromName(name: string): number {
  const rcode = Object.entries(Rcode).find(([mnemonic]) => mnemonic === name)?.[1]
  if (rcode === undefined) throw new Error(`'${name}' is not an RCODE`)
  return rcode
}
