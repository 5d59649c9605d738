/** Classes: RFC 6895 section 3.2. */
export const RRClass = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(RRClass).map(([name, code]) => [code, name]))

/** The mnemonic, or `CLASSn` (RFC 3597 section 5). */
export function rrClassName(rrclass: number): string {
  return NAMES.get(rrclass) ?? `CLASS${rrclass}`
}

/** The number of a mnemonic or of `CLASSn`, in any case; undefined where it is neither. */
export function rrClassFromName(text: string): number | undefined {
  const upper = text.toUpperCase()
  if (Object.hasOwn(RRClass, upper)) return RRClass[upper as keyof typeof RRClass]
  const match = /^CLASS(0|[1-9][0-9]{0,4})$/.exec(upper)
  if (match === null) return undefined
  const value = Number(match[1])
  return value <= 65535 ? value : undefined
}
