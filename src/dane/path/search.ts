import type { KeyObject } from 'node:crypto'
import { DANE_LIMITS } from '../../limits.ts'
import { type Candidate, isSignedBy, publicKeyOf } from './candidate.ts'
import { weakKey } from './key-strength.ts'
import { issuerProblem, leafProblem, type Problem } from './rules.ts'
import { signatureAlgorithmProblem } from './signature-algorithm.ts'

/** A public key from the DNS that signs certificates without having one. */
export interface BareKey<T> {
  readonly key: KeyObject
  /** Certificates with this key that were sent: they have dates and rules to keep, and stand before the bare key. */
  readonly certificates: readonly Candidate[]
  /** What a path whose last certificate the key signed is good for. */
  readonly reached: (path: readonly Candidate[]) => T
}

/** What a path is looked for. */
export interface Goal<T> {
  /** Certificates that may be issuers, in the order to try them. */
  readonly issuers: readonly Candidate[]
  readonly bareKeys: readonly BareKey<T>[]
  /** Unix seconds. */
  readonly at: number
  /** Whether a path may end at this certificate, whatever is below it. */
  readonly isAnchor: (issuer: Candidate) => boolean
  /** What a valid path that ends at an anchor is good for; undefined where for nothing. The leaf comes first. */
  readonly reached: (path: readonly Candidate[]) => T | undefined
  /** What makes a certificate an anchor, for messages: `that a TLSA record matches`. */
  readonly wanted: string
}

export interface PathFailure {
  readonly code: Problem['code'] | 'no-match' | 'limit-reached'
  readonly text: string
}

export type PathResult<T> =
  | { readonly kind: 'found'; readonly match: T; readonly path: readonly Candidate[] }
  /** The failure that came closest to the goal. */
  | { readonly kind: 'failed'; readonly failure: PathFailure }

/**
 * Searches a path from the leaf to a trust anchor, depth first with backtracking: certificates for one name and key
 * may be several, and only some of them lead there. Signatures decide, not the order in which certificates were sent.
 * Every step is paid for, so that no set of cross-certificates makes this long.
 */
export function searchPath<T>(leaf: Candidate, goal: Goal<T>): PathResult<T> {
  const search = new Search(goal)
  const problem = leafProblem(leaf, goal.at)
  if (problem !== null) return { kind: 'failed', failure: problem }
  try {
    const found = search.extend([leaf])
    if (found !== undefined) return { kind: 'found', ...found }
  } catch (error) {
    if (!(error instanceof Exhausted)) throw error
    return { kind: 'failed', failure: { code: 'limit-reached', text: `no path in ${error.message}` } }
  }
  return { kind: 'failed', failure: search.closest }
}

class Search<T> {
  readonly #goal: Goal<T>
  /** Anchors first: no path needs to be longer than to the nearest one. */
  readonly #issuers: readonly Candidate[]
  readonly #anchors: ReadonlySet<Candidate>
  #steps = 0
  #comparisons = 0
  #closest: { readonly failure: PathFailure; readonly rank: number } | undefined

  constructor(goal: Goal<T>) {
    this.#goal = goal
    this.#anchors = new Set(goal.issuers.filter(goal.isAnchor))
    this.#issuers = [...this.#anchors, ...goal.issuers.filter((issuer) => !this.#anchors.has(issuer))]
  }

  get closest(): PathFailure {
    return this.#closest?.failure ?? { code: 'no-match', text: 'no certificate leads to a trust anchor' }
  }

  extend(path: readonly Candidate[]): { match: T; path: readonly Candidate[] } | undefined {
    const top = path[path.length - 1]!
    const weakness = signatureAlgorithmProblem(top.certificate)
    if (weakness !== null) {
      this.#note({ code: 'path-invalid', text: `${top.label} ${weakness}` }, path.length, false)
      return undefined
    }
    for (const issuer of this.#issuers) {
      if (issuer.subjectKey !== top.issuerKey || path.includes(issuer)) continue
      const found = this.#step(path, top, issuer)
      if (found !== undefined) return found
    }
    for (const { key, certificates, reached } of this.#goal.bareKeys) {
      if (certificates.some(({ subjectKey }) => subjectKey === top.issuerKey)) continue
      this.#spend()
      if (weakKey(key) === null && isSignedBy(top, key)) return { match: reached(path), path }
    }
    this.#note(
      { code: 'no-match', text: `${top.label} leads to no certificate ${this.#goal.wanted}` },
      path.length,
      false,
    )
    return undefined
  }

  #step(path: readonly Candidate[], top: Candidate, issuer: Candidate) {
    this.#spend()
    const key = publicKeyOf(issuer)
    if (key === undefined || !isSignedBy(top, key)) {
      this.#note({ code: 'path-invalid', text: `${issuer.label} did not sign ${top.label}` }, path.length, false)
      return undefined
    }
    const isAnchor = this.#anchors.has(issuer)
    const problem = issuerProblem(issuer, path, key, isAnchor, this.#goal.at, this.#payNames)
    if (problem !== null) {
      this.#note(problem, path.length + 1, isAnchor)
      return undefined
    }
    const longer = [...path, issuer]
    const match = isAnchor ? this.#goal.reached(longer) : undefined
    if (match !== undefined) return { match, path: longer }
    return this.extend(longer)
  }

  /** Paid per step and not per signature: what was checked before leads on as often as the search comes by. */
  #spend(): void {
    if (this.#steps >= STEPS) throw new Exhausted(`${STEPS} signature checks`)
    this.#steps++
  }

  /** Names times constraints: a chain of 100 KiB holds enough of both to keep a processor busy for minutes. */
  readonly #payNames = (comparisons: number): void => {
    this.#comparisons += comparisons
    if (this.#comparisons > COMPARISONS) throw new Exhausted(`${COMPARISONS} comparisons of names with constraints`)
  }

  /** Keeps what an operator has to mend: a problem at the anchor itself, else the one furthest from the leaf. */
  #note(failure: PathFailure, depth: number, atAnchor: boolean): void {
    const rank = (atAnchor ? 1000 : 0) + 2 * depth + (failure.code === 'no-match' ? 0 : 1)
    if (this.#closest === undefined || rank > this.#closest.rank) this.#closest = { failure, rank }
  }
}

class Exhausted extends Error {
  override readonly name = 'Exhausted'
}

const COMPARISONS = DANE_LIMITS.nameComparisons.value
const STEPS = DANE_LIMITS.pathSignatureChecks.value
