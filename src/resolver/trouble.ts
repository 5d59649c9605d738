import type { UpstreamAnswer } from '../dnssec/walk.ts'
import type { Reply } from './upstream.ts'

type Failure = Extract<UpstreamAnswer, { kind: 'failure' }>
type NoAnswer = Exclude<Reply, { kind: 'message' }>

/** What went wrong with each upstream, and the failure it all comes to. */
export class Trouble {
  readonly #last = new Map<string, NoAnswer>()
  #rcode: number | undefined

  /** The last thing an upstream did counts for it, but that a path strips is not forgotten. */
  note(upstream: string, reply: NoAnswer): void {
    if (reply.kind === 'rcode') this.#rcode = reply.rcode
    const earlier = this.#last.get(upstream)
    if (earlier === undefined || rank(reply) <= rank(earlier)) this.#last.set(upstream, reply)
  }

  /** The most telling cause, and in words what each upstream did. */
  answer(): Failure {
    const ranked = [...this.#last].sort(([, a], [, b]) => rank(a) - rank(b))
    const first = ranked[0]
    if (first === undefined)
      return { kind: 'failure', cause: 'aborted', detail: 'nobody was asked', upstream: undefined }
    const shown = ranked.slice(0, UPSTREAMS_SHOWN).map(([upstream, reply]) => `${upstream} ${describe(reply)}`)
    const more = ranked.length - shown.length
    const detail = shown.join('; ') + (more > 0 ? `; and ${more} more` : '')
    const failure: Failure = { kind: 'failure', cause: cause(first[1]), detail, upstream: first[0] }
    return this.#rcode === undefined ? failure : { ...failure, rcode: this.#rcode }
  }
}

function cause(reply: NoAnswer): Failure['cause'] {
  if (reply.kind === 'stripped') return 'stripped'
  if (reply.kind !== 'failure') return 'network'
  return reply.cause === 'doubtful' ? 'network' : reply.cause
}

function describe(reply: NoAnswer): string {
  return reply.kind === 'truncated' ? 'answered with a truncated message' : reply.detail
}

function rank(reply: NoAnswer): number {
  return RANKS.indexOf(reply.kind === 'failure' ? reply.cause : reply.kind)
}

/** The most telling first. */
const RANKS: readonly (Exclude<NoAnswer['kind'], 'failure'> | Extract<NoAnswer, { kind: 'failure' }>['cause'])[] = [
  'stripped',
  'rcode',
  'cookie',
  'malformed',
  'doubtful',
  'network',
  'timeout',
  'aborted',
  'truncated',
]
const UPSTREAMS_SHOWN = 3
