import { DanelawError } from '../errors.ts'
import { formatNameText, MAX_LABEL_OCTETS, MAX_NAME_OCTETS, parseNameText } from './name-text.ts'

export { MAX_NAME_OCTETS }

/** A name of 255 octets holds at most 127 labels, so a longer chain of pointers leads nowhere. */
const MAX_POINTERS = 127

/**
 * A domain name: octets, not text. Labels may hold any octet, dots and NULs included (RFC 2181 section 11).
 * The case is kept as received; `key` is the only equality.
 */
export class Name {
  /** Uncompressed wire form as received, the final root octet included. Must not be written to. */
  readonly wire: Uint8Array
  /** Labels without the root; a leading `*` counts. */
  readonly labelCount: number
  #key: string | undefined
  #canonicalWire: Uint8Array | undefined

  static readonly root: Name = new Name(Uint8Array.of(0), 0)

  /** `wire` has been checked; `key` is given where it is known. */
  private constructor(wire: Uint8Array, labelCount: number, key?: string) {
    this.wire = wire
    this.labelCount = labelCount
    this.#key = key
  }

  /** The canonical form (RFC 4034 section 6.2) with one character an octet: equal keys are equal names. */
  get key(): string {
    // Four times as quick as spreading the octets into arguments (measured).
    this.#key ??= String.fromCharCode.apply(null, this.canonicalWire as unknown as number[])
    return this.#key
  }

  /** Wire form with US-ASCII letters in lower case (RFC 4034 section 6.2). Must not be written to. */
  get canonicalWire(): Uint8Array {
    this.#canonicalWire ??= lowerCase(this.wire)
    return this.#canonicalWire
  }

  get isRoot(): boolean {
    return this.labelCount === 0
  }

  /** Whether the first label is the one octet `*` (RFC 4592 section 2.1.1). */
  get isWildcard(): boolean {
    return this.wire[0] === 1 && this.wire[1] === 0x2a
  }

  /** The labels, left to right, without the root; each a view on `wire`. */
  get labels(): Uint8Array[] {
    const labels: Uint8Array[] = []
    for (let at = 0; this.wire[at] !== 0; at += 1 + this.wire[at]!) {
      labels.push(this.wire.subarray(at + 1, at + 1 + this.wire[at]!))
    }
    return labels
  }

  /** As equal keys, without making any. */
  equals(other: Name): boolean {
    return this === other || (this.wire.length === other.wire.length && sameFrom(this.wire, 0, other.wire))
  }

  /** Whether this name is `ancestor` itself or below it. */
  isAtOrBelow(ancestor: Name): boolean {
    const extra = this.labelCount - ancestor.labelCount
    if (extra < 0) return false
    if (ancestor.labelCount === 0) return true
    const offset = this.wire.length - ancestor.wire.length
    return offset === this.#offset(extra) && sameFrom(this.wire, offset, ancestor.wire)
  }

  /** Whether this name is below `ancestor` and not the same. */
  isBelow(ancestor: Name): boolean {
    return this.labelCount > ancestor.labelCount && this.isAtOrBelow(ancestor)
  }

  /** The name without its first `count` labels. @throws {RangeError} when it has fewer. */
  strip(count: number): Name {
    if (count < 0 || count > this.labelCount) throw new RangeError(`count: ${count} of ${this.labelCount} labels`)
    if (count === 0) return this
    if (count === this.labelCount) return Name.root
    const offset = this.#offset(count)
    // Copied: a view would make V8 move the octets out of its heap, at several times the cost (measured).
    return new Name(this.wire.slice(offset), this.labelCount - count, this.#key?.slice(offset))
  }

  /** The rightmost `count` labels. */
  suffix(count: number): Name {
    return this.strip(this.labelCount - count)
  }

  /** The key of the rightmost `count` labels, for looking it up where no name is needed. */
  suffixKey(count: number): string {
    return count === this.labelCount ? this.key : this.key.slice(this.#offset(this.labelCount - count))
  }

  /** The name one label up; the root has none. */
  get parent(): Name | undefined {
    return this.isRoot ? undefined : this.strip(1)
  }

  /**
   * `label` put in front; a string is taken as it is, without escapes.
   * @throws {DanelawError} `bad-name` when the result is too long, or the label is empty.
   * @throws {RangeError} where a string is not US-ASCII.
   */
  prepend(label: Uint8Array | string): Name {
    const octets = typeof label === 'string' ? ascii(label) : label
    const length = checkLabel(octets) + this.wire.length
    if (length > MAX_NAME_OCTETS) throw tooLong(length)
    const wire = new Uint8Array(length)
    wire[0] = octets.length
    wire.set(octets, 1)
    wire.set(this.wire, 1 + octets.length)
    return new Name(wire, this.labelCount + 1)
  }

  /** The wildcard directly below this name (RFC 4592 section 2.1.1), undefined where 255 octets do not suffice. */
  get wildcard(): Name | undefined {
    return this.wire.length + 2 > MAX_NAME_OCTETS ? undefined : this.prepend('*')
  }

  /** The longest name that both are at or below. */
  commonAncestor(other: Name): Name {
    let mine: Name = this.labelCount > other.labelCount ? this.suffix(other.labelCount) : this
    let theirs: Name = other.labelCount > this.labelCount ? other.suffix(this.labelCount) : other
    while (mine.key !== theirs.key) {
      mine = mine.strip(1)
      theirs = theirs.strip(1)
    }
    return mine
  }

  /** Canonical order: negative, zero or positive (RFC 4034 section 6.1). */
  compare(other: Name): number {
    const mine = this.canonicalWire
    const theirs = other.canonicalWire
    markLabels(mine, MINE)
    markLabels(theirs, THEIRS)
    const common = Math.min(this.labelCount, other.labelCount)
    for (let back = 1; back <= common; back++) {
      const order = compareLabels(mine, MINE[this.labelCount - back]!, theirs, THEIRS[other.labelCount - back]!)
      if (order !== 0) return order
    }
    return this.labelCount - other.labelCount
  }

  /** Absolute presentation form with the final dot and the escapes of RFC 1035 section 5.1, case kept. */
  toString(): string {
    return formatNameText(this.wire)
  }

  toJSON(): string {
    return this.toCanonicalString()
  }

  /** As `toString`, in lower case: the form of all JSON output. */
  toCanonicalString(): string {
    return formatNameText(this.canonicalWire)
  }

  /** Octet offset of the label with index `label`. */
  #offset(label: number): number {
    let at = 0
    for (let i = 0; i < label; i++) at += 1 + this.wire[at]!
    return at
  }

  /**
   * Takes a whole uncompressed name, with nothing behind it.
   * @throws {DanelawError} `bad-wire` where the octets are anything else.
   */
  static fromWire(octets: Uint8Array): Name {
    const { name, next } = Name.read(octets, 0, false)
    if (next !== octets.length) throw malformed('octets after the end of a name', next)
    return name
  }

  /**
   * Reads a name that starts at `offset` of `octets`, following compression pointers where `compression` allows
   * them. Pointers lead strictly backwards (RFC 1035 section 4.1.4), so no input makes this loop.
   * @throws {DanelawError} `bad-wire` with the offset.
   */
  static read(octets: Uint8Array, offset: number, compression: boolean): { name: Name; next: number } {
    let at = offset
    let next = -1
    let length = 0
    let labelCount = 0
    let pointers = 0
    // Every pointer must lead before the start of the stretch of labels it was found in.
    let stretch = offset
    for (;;) {
      const octet = octets[at]
      if (octet === undefined) throw malformed('a name runs past the end', at)
      if (octet === 0) {
        length += 1
        if (length > MAX_NAME_OCTETS) throw malformed(`a name of more than ${MAX_NAME_OCTETS} octets`, offset)
        if (next < 0) next = at + 1
        break
      }
      if (octet <= MAX_LABEL_OCTETS) {
        if (at + 1 + octet > octets.length) throw malformed('a label runs past the end', at)
        length += 1 + octet
        if (length >= MAX_NAME_OCTETS) throw malformed(`a name of more than ${MAX_NAME_OCTETS} octets`, offset)
        labelCount++
        at += 1 + octet
        continue
      }
      if (octet < 0xc0) throw malformed(`label type ${(octet >> 6).toString(2).padStart(2, '0')} is not in use`, at)
      if (!compression) throw malformed('a compression pointer where none is allowed', at)
      const low = octets[at + 1]
      if (low === undefined) throw malformed('a compression pointer runs past the end', at)
      const target = ((octet & 0x3f) << 8) | low
      if (target >= stretch) throw malformed('a compression pointer that does not lead backwards', at)
      if (++pointers > MAX_POINTERS) throw malformed('too many compression pointers in a name', at)
      if (next < 0) next = at + 2
      at = target
      stretch = target
    }
    if (labelCount === 0) return { name: Name.root, next }
    return { name: new Name(writtenOut(octets, offset, length), labelCount), next }
  }

  /** @throws {DanelawError} `bad-name` where a label is empty or too long, or the whole is. */
  static fromLabels(labels: readonly Uint8Array[]): Name {
    let length = 1
    for (const label of labels) length += checkLabel(label)
    if (length > MAX_NAME_OCTETS) throw tooLong(length)
    if (labels.length === 0) return Name.root
    const wire = new Uint8Array(length)
    let at = 0
    for (const label of labels) {
      wire[at++] = label.length
      wire.set(label, at)
      at += label.length
    }
    return new Name(wire, labels.length)
  }

  /**
   * Reads presentation form (RFC 1035 section 5.1): `\.` and `\DDD` escapes, with or without the final dot.
   * A relative name is completed by `origin`, the root where none is given; `@` alone is the origin where one is given.
   * @throws {DanelawError} `bad-name` that names the text.
   */
  static parse(text: string, origin?: Name): Name {
    if (text === '@' && origin !== undefined) return origin
    if (text === '.') return Name.root
    const { wire, labelCount } = parseNameText(text, origin ?? Name.root)
    return new Name(wire, labelCount)
  }
}

/** Order of octet strings, left-justified, unsigned; a prefix sorts first (RFC 4034 section 6.3). */
export function compareOctets(a: Uint8Array, b: Uint8Array): number {
  const common = Math.min(a.length, b.length)
  for (let i = 0; i < common; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Whether `wire` from `offset` on is `other`, in whatever case; both end at the same place. */
function sameFrom(wire: Uint8Array, offset: number, other: Uint8Array): boolean {
  for (let i = 0; i < other.length; i++) {
    const a = wire[offset + i]!
    const b = other[i]!
    if (a === b) continue
    const lower = a | 0x20
    if (lower !== (b | 0x20) || lower < 0x61 || lower > 0x7a) return false
  }
  return true
}

/** Puts down where each label begins: at its length octet. */
function markLabels(wire: Uint8Array, starts: Uint8Array): void {
  let label = 0
  for (let at = 0; wire[at] !== 0; at += 1 + wire[at]!) starts[label++] = at
}

/** Orders two labels, each by the place of its length octet. */
function compareLabels(a: Uint8Array, startOfA: number, b: Uint8Array, startOfB: number): number {
  const difference = a[startOfA]! - b[startOfB]!
  const common = difference < 0 ? a[startOfA]! : b[startOfB]!
  for (let i = 1; i <= common; i++) {
    const order = a[startOfA + i]! - b[startOfB + i]!
    if (order !== 0) return order
  }
  return difference
}

/** The name of `length` octets at `offset`, which has been checked. */
function writtenOut(octets: Uint8Array, offset: number, length: number): Uint8Array {
  // A copy, so that a name kept in a cache does not keep the whole message alive.
  const wire = new Uint8Array(length)
  let from = offset
  for (let at = 0; at < length; ) {
    const octet = octets[from]!
    if (octet > MAX_LABEL_OCTETS) {
      from = ((octet & 0x3f) << 8) | octets[from + 1]!
      continue
    }
    for (const end = from + octet; from <= end; ) wire[at++] = octets[from++]!
  }
  return wire
}

function lowerCase(wire: Uint8Array): Uint8Array {
  for (let i = 0; i < wire.length; i++) {
    // Length octets are below 0x40, so they are never taken for a letter.
    if (wire[i]! >= 0x41 && wire[i]! <= 0x5a) {
      const lower = Uint8Array.from(wire)
      for (; i < lower.length; i++) if (lower[i]! >= 0x41 && lower[i]! <= 0x5a) lower[i]! += 0x20
      return lower
    }
  }
  return wire
}

/** The octets a label takes. @throws {DanelawError} `bad-name` where it is none. */
function checkLabel(label: Uint8Array): number {
  if (label.length === 0) throw new DanelawError('bad-name', 'a domain name with an empty label')
  if (label.length > MAX_LABEL_OCTETS) {
    throw new DanelawError('bad-name', `a label of ${label.length} octets, where ${MAX_LABEL_OCTETS} is the limit`)
  }
  return 1 + label.length
}

function tooLong(length: number): DanelawError {
  return new DanelawError('bad-name', `a domain name of ${length} octets, where ${MAX_NAME_OCTETS} is the limit`)
}

function ascii(label: string): Uint8Array {
  const octets = new Uint8Array(label.length)
  for (let i = 0; i < label.length; i++) {
    const code = label.charCodeAt(i)
    if (code > 0x7f) throw new RangeError(`label: '${label}' is not US-ASCII`)
    octets[i] = code
  }
  return octets
}

function malformed(message: string, offset: number): DanelawError {
  return new DanelawError('bad-wire', message, { place: { offset } })
}

/** Where the labels of two names begin, while they are compared: a place for all comparisons, as most are of many. */
const MINE = new Uint8Array(MAX_NAME_OCTETS)
const THEIRS = new Uint8Array(MAX_NAME_OCTETS)
