import { type Context, questionKey, type UpstreamAnswer, type Walk } from '../dnssec/walk.ts'
import { DanelawError } from '../errors.ts'
import type { Question } from '../wire/record.ts'
import type { Ask } from './asker.ts'
import { type Cancellation, Canceller } from './cancellation.ts'

/** Makes the walk; `peek` is what its context needs of the driver. */
export type CreateWalk<T> = (peek: Context['peek']) => Walk<T>

export interface DriveOptions {
  readonly ask: Ask
  /** Milliseconds for the whole walk; after that every question that is still open has failed. */
  readonly timeout: number
  /** Milliseconds of that which have passed already; default: 0. */
  readonly passed?: number
  readonly signal: Cancellation
  /** Whether to wait also for answers that were started and not needed: for a recording, which is to be whole. */
  readonly waitForAll?: boolean
}

/**
 * Drives a walk over the network: all questions it starts go out at once and side by side, none of them twice. The
 * questions that are still open when the walk is finished are called off. Rejects only with the signal's reason.
 */
export async function drive<T>(create: CreateWalk<T>, options: DriveOptions): Promise<T> {
  options.signal.throwIfAborted()
  const open = new Canceller()
  const answers = new Map<string, UpstreamAnswer>()
  const asked = new Map<string, Promise<UpstreamAnswer>>()
  let unanswered = 0
  const late: UpstreamAnswer = {
    kind: 'failure',
    cause: 'timeout',
    detail: `the whole lookup has taken ${options.timeout} ms`,
    upstream: undefined,
  }
  const limit = deadline(options.timeout - (options.passed ?? 0), late, options.signal)

  const start = (question: Question): Promise<UpstreamAnswer> => {
    const key = questionKey(question)
    let promise = asked.get(key)
    if (promise === undefined) {
      unanswered++
      promise = options.ask(question, open).then((answer) => {
        unanswered--
        answers.set(key, answer)
        return answer
      })
      // One that is never waited for must not end the process; one that is waited for still rejects there.
      promise.catch(() => undefined)
      asked.set(key, promise)
    }
    return promise
  }

  const walk = create((question) => answers.get(questionKey(question)))
  try {
    let step = walk.next()
    while (!step.done) {
      const { start: ahead, wait } = step.value
      if (!limit.reached()) for (const question of ahead) start(question)
      const atHand = answers.get(questionKey(wait)) ?? (limit.reached() ? late : undefined)
      step = walk.next(atHand ?? (await Promise.race([start(wait), limit.promise])))
    }
    if (options.waitForAll === true) await Promise.race([Promise.allSettled(asked.values()), limit.promise])
    return step.value
  } finally {
    limit.clear()
    // Where all are answered there is nothing to call off, and an abort costs as much as parsing an answer (measured).
    if (unanswered > 0) open.abort(NOT_NEEDED)
  }
}

/** Drives a walk whose answers are at hand, in one go. Each question is looked up once. */
export function driveSynchronously<T>(create: CreateWalk<T>, answer: (question: Question) => UpstreamAnswer): T {
  const answers = new Map<string, UpstreamAnswer>()
  const started = new Map<string, Question>()
  const lookUp = (question: Question): UpstreamAnswer => {
    const key = questionKey(question)
    const known = answers.get(key)
    if (known !== undefined) return known
    const found = answer(question)
    answers.set(key, found)
    return found
  }
  const peek: Context['peek'] = (question) => {
    const found = started.has(questionKey(question)) ? lookUp(question) : undefined
    // What a fixture does not hold has not arrived: only who waits for it is told that it never will.
    return found?.kind === 'failure' && found.cause === 'absent' ? undefined : found
  }
  const walk = create(peek)
  let step = walk.next()
  while (!step.done) {
    for (const question of step.value.start) started.set(questionKey(question), question)
    step = walk.next(lookUp(step.value.wait))
  }
  return step.value
}

/** One for all: what `abort` makes by itself takes a stack trace each time. */
const NOT_NEEDED = new DanelawError('aborted', 'the lookup is over')

/** A promise of `late` after a time, which rejects when the signal is aborted. */
function deadline(milliseconds: number, late: UpstreamAnswer, signal: Cancellation) {
  let over = false
  let onAbort = (): void => undefined
  let timer: NodeJS.Timeout | undefined
  const promise = new Promise<UpstreamAnswer>((resolve, reject) => {
    timer = setTimeout(() => {
      over = true
      resolve(late)
    }, milliseconds)
    onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
  })
  promise.catch(() => undefined)
  return {
    promise,
    reached: () => over,
    clear(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    },
  }
}
