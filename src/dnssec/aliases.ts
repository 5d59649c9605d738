import { Rcode } from '../wire/codes/rcode.ts'
import { RRType } from '../wire/codes/rrtype.ts'
import { DanelawError } from '../errors.ts'
import { Name } from '../wire/name.ts'
import { readTarget } from '../wire/rdata/target.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { type Part, validateRRset } from './answer-rrset.ts'
import { failure, placeText } from './failure.ts'
import type { RRset, RRsets } from './rrset.ts'
import type { Session } from './session.ts'
import type { Walk } from './walk.ts'

/** One step of an alias chain, validated. */
export interface Alias {
  readonly type: 'CNAME' | 'DNAME'
  readonly part: Part
  /** Where to go on; undefined where the chain cannot be followed, for the reason in `part`, or ends with `rcode`. */
  readonly target: Name | undefined
  readonly rcode: number
}

/** The DNAME that redirects `name`, and the CNAME at it, as the answer has them. */
export interface AliasRRsets {
  readonly cname: RRset | undefined
  readonly dname: RRset | undefined
}

/** Looks for an alias at `name`: a CNAME, or a DNAME at one of its ancestors. */
export function findAlias(answer: RRsets, name: Name): AliasRRsets | undefined {
  const cname = answer.get(name, RRType.CNAME)
  let dname: RRset | undefined
  if (answer.has(RRType.DNAME)) {
    for (let labels = name.labelCount - 1; labels >= 0 && dname === undefined; labels--) {
      dname = answer.get(name.suffix(labels), RRType.DNAME)
    }
  }
  return cname === undefined && dname === undefined ? undefined : { cname, dname }
}

/** Whether the alias at hand is the unsigned CNAME that a server makes from a DNAME (RFC 6672 section 3.1). */
export function isSynthesized({ cname, dname }: AliasRRsets): boolean {
  return dname !== undefined && (cname === undefined || cname.signatures.length === 0)
}

/** Validates one step from `name`, where `askedFor` is the type in question. */
export function* followAlias(
  session: Session,
  name: Name,
  askedFor: number,
  alias: AliasRRsets,
  authority: RRsets,
): Walk<Alias> {
  const synthesized = isSynthesized(alias)
  const rrset = (synthesized ? alias.dname : alias.cname)!
  const type = synthesized ? 'DNAME' : 'CNAME'
  const part = yield* validateRRset(session, rrset, authority, { name, type: askedFor })
  if (part.status === 'bogus' || part.status === 'indeterminate')
    return { type, part, target: undefined, rcode: Rcode.NOERROR }
  if (part.records.length !== 1) {
    const text = `${placeText(rrset.name, rrset.type)} has ${part.records.length} records, where one is allowed`
    return refused(type, part, text, rrset)
  }
  const target = readTarget(part.records[0]!.rdata)
  if (!synthesized) return { type, part, target, rcode: Rcode.NOERROR }
  return throughDname(name, part, rrset, target, alias.cname)
}

/** Makes the CNAME that follows from the DNAME and compares it with the one received (RFC 6672 section 5.3.1). */
function throughDname(
  name: Name,
  part: Extract<Part, { status: 'secure' | 'insecure' }>,
  dname: RRset,
  dnameTarget: Name,
  received: RRset | undefined,
): Alias {
  const made = substitute(name, dname.name, dnameTarget)
  // The new name may be too long: that is what YXDOMAIN says, and there is nothing to follow.
  if (made === undefined) return { type: 'DNAME', part, target: undefined, rcode: Rcode.YXDOMAIN }
  if (received !== undefined) {
    const fits = received.records.every((record) => readTarget(record.rdata).equals(made))
    if (!fits) {
      const text = `the CNAME at ${name} is not the one that follows from the DNAME at ${dname.name}, which leads to ${made}`
      return refused('DNAME', part, text, { name, type: RRType.CNAME })
    }
  }
  const ttl = part.records[0]!.ttl
  const cname: ResourceRecord = { name, type: RRType.CNAME, class: dname.class, ttl, rdata: made.wire }
  return { type: 'DNAME', part: { ...part, records: [...part.records, cname] }, target: made, rcode: Rcode.NOERROR }
}

/** `name` with its suffix `from` replaced by `to`; undefined where the result is too long. */
function substitute(name: Name, from: Name, to: Name): Name | undefined {
  const prefix = name.labels.slice(0, name.labelCount - from.labelCount)
  try {
    return Name.fromLabels([...prefix, ...to.labels])
  } catch (error) {
    if (error instanceof DanelawError) return undefined
    throw error
  }
}

function refused(type: 'CNAME' | 'DNAME', part: Part, text: string, at: { name: Name; type: number }): Alias {
  const reason = failure('alias-invalid', text, at.name, at.type)
  return { type, part: { status: 'bogus', reason, chain: part.chain }, target: undefined, rcode: Rcode.NOERROR }
}
