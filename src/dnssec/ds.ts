import { algorithmName, digestTypeName } from '../wire/codes/algorithm.ts'
import { type Ds, readDs } from '../wire/rdata/dnssec.ts'
import type { RRset } from './rrset.ts'
import { algorithmAccepted } from './rrsig.ts'
import type { ReasonCode } from './reason.ts'
import type { Context } from './walk.ts'

/** The DS records of a verified DS RRset that can be used, or why none can. */
export type UsableDs =
  | { readonly ds: readonly Ds[]; readonly all: readonly Ds[]; readonly malformed: number }
  | {
      readonly ds: undefined
      readonly all: readonly Ds[]
      readonly malformed: number
      readonly code: ReasonCode
      readonly why: string
    }

/** Reads a DS RRset; duplicates do no harm, and a record that cannot be read is counted. */
export function readDsSet(context: Context, rrset: RRset): UsableDs {
  const all: Ds[] = []
  let malformed = 0
  for (const { rdata } of rrset.records) {
    try {
      all.push(readDs(rdata))
    } catch {
      malformed++
    }
  }
  return { ...selectDs(context, all), malformed }
}

/**
 * Supported algorithms and digests only (RFC 4035 section 5.2), and no SHA-1 where a stronger supported digest is
 * present (RFC 4509 section 3).
 */
export function selectDs(context: Context, all: readonly Ds[]): UsableDs {
  const algorithms = all.filter((ds) => algorithmAccepted(context, ds.algorithm))
  const digests = algorithms.filter((ds) => context.engine.supportsDigest(ds.digestType))
  if (digests.length === 0) {
    const algorithmsOnly = algorithms.length === 0
    const names = algorithmsOnly
      ? all.map((ds) => algorithmName(ds.algorithm))
      : algorithms.map((ds) => digestTypeName(ds.digestType))
    return {
      ds: undefined,
      all,
      malformed: 0,
      code: algorithmsOnly ? 'unsupported-algorithm' : 'unsupported-digest',
      why: `${algorithmsOnly ? 'algorithm' : 'digest type'} ${[...new Set(names)].join(', ')}`,
    }
  }
  const stronger = digests.some((ds) => ds.digestType !== SHA1)
  const ds = stronger ? digests.filter((record) => record.digestType !== SHA1) : digests
  context.budget.require('dsPerZone', ds.length)
  return { ds, all, malformed: 0 }
}

const SHA1 = 1
