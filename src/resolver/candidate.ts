import { isRcode, Rcode } from '../wire/codes/rcode.ts'
import type { Way } from './path.ts'
import type { Reply, Upstream } from './upstream.ts'

/** How one upstream is to be asked next, for one question. */
export interface Candidate {
  readonly upstream: Upstream
  way: Way
  checkingDisabled: boolean
  /** When it was asked last; undefined before. */
  asked: number | undefined
  /** It has said all it will. */
  out: boolean
  cookieRefused: boolean
  /** It gave no answer of any kind, or none with DNSSEC records; `beside` counts only where another one did better. */
  useless: 'no' | 'beside' | 'always'
}

/** The quickest first; those that are alike in the order they were given in, and one that is to be looked at first. */
export function inOrder(upstreams: readonly Upstream[], now: number): readonly Upstream[] {
  if (upstreams.length === 1) return upstreams
  const rank = (upstream: Upstream): number =>
    (upstream.wayFrom(0, now) === upstream.ways[0] ? 0 : STRIPPING) + upstream.health.grade(now)
  const sorted = upstreams.toSorted((a, b) => rank(a) - rank(b))
  const due = sorted.slice(1).find(({ health }) => health.due(now))
  if (due === undefined) return sorted
  // At once, so that of many questions at the same time one alone does it.
  due.health.asked(now)
  return [due, ...sorted.filter((each) => each !== due)]
}

/** `again`: after an answer that did not hold, over a connection, where nobody can send datagrams in its name. */
export function candidate(upstream: Upstream, now: number, again: boolean): Candidate {
  const way = (again && upstream.ways[0] === 'udp' ? upstream.wayFrom(1, now) : undefined) ?? upstream.wayFrom(0, now)
  return {
    upstream,
    way: way ?? upstream.ways[0]!,
    checkingDisabled: true,
    asked: undefined,
    out: way === undefined,
    cookieRefused: false,
    useless: 'no',
  }
}

export function remembered(upstream: Upstream, now: number): Extract<Reply, { kind: 'stripped' }> {
  const known = upstream.ways.map((way) => upstream.path(way).stripping(now)).find((detail) => detail !== undefined)
  return { kind: 'stripped', detail: known ?? 'does not let DNSSEC records pass' }
}

/** What follows from a reply that is not the answer: the same upstream at once, or the next one first. */
export function plan(
  candidate: Candidate,
  reply: Exclude<Reply, { kind: 'message' }>,
  round: number,
  now: number,
): 'at once' | 'next' {
  const { upstream } = candidate
  candidate.useless = 'no'
  switch (reply.kind) {
    case 'truncated':
      return toTcp(candidate) && !upstream.path('tcp').breaking(now) ? 'at once' : 'next'
    case 'cookie':
      if (candidate.cookieRefused) toTcp(candidate)
      candidate.cookieRefused = true
      return 'at once'
    case 'rcode':
      if (reply.rcode === Rcode.SERVFAIL && candidate.checkingDisabled) {
        candidate.checkingDisabled = false
        return 'at once'
      }
      // A number that nobody has given a meaning was made on the way.
      if (!isRcode(reply.rcode) && toTcp(candidate)) return 'at once'
      candidate.out = true
      // SERVFAIL speaks against the zone; the others against the upstream, if another one has an answer.
      if (reply.rcode !== Rcode.SERVFAIL) candidate.useless = 'beside'
      return 'next'
    case 'stripped': {
      // Another upstream may sit behind another path; after that, a middlebox for UDP may leave TCP or TLS alone.
      candidate.useless = 'always'
      const way = upstream.wayFrom(upstream.ways.indexOf(candidate.way) + 1, now)
      if (way === undefined) candidate.out = true
      else candidate.way = way
      return 'next'
    }
    case 'failure':
      candidate.useless = reply.cause === 'aborted' ? 'no' : 'always'
      return afterFailure(candidate, reply.cause, round)
  }
}

function afterFailure(
  candidate: Candidate,
  cause: Extract<Reply, { kind: 'failure' }>['cause'],
  round: number,
): 'at once' | 'next' {
  switch (cause) {
    case 'timeout':
      // A lost datagram is sent again; where large datagrams never arrive, TCP still does.
      if (round > 0 && candidate.way === 'udp') toTcp(candidate)
      return 'next'
    case 'doubtful':
      // Over TCP there is nothing to guess.
      return toTcp(candidate) ? 'at once' : 'next'
    case 'malformed':
      toTcp(candidate)
      return 'next'
    case 'network':
    case 'aborted':
      candidate.out = true
      return 'next'
  }
}

/** From UDP to TCP; there is nothing behind a connection that did not serve. */
function toTcp(candidate: Candidate): boolean {
  if (candidate.way !== 'udp') candidate.out = true
  else candidate.way = 'tcp'
  return !candidate.out
}

/** Behind those whose first way is open, before those that rest. */
const STRIPPING = 500
