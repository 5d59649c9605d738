import { type Context, questionKey, type UpstreamAnswer, type Walk } from '../dnssec/walk.ts'
import { DanelawError } from '../errors.ts'
import type { Question } from '../wire/record.ts'
import type { Ask } from './asker.ts'
import { type Cancellation, Canceller } from './cancellation.ts'
import { type Aside, Provisional } from './provisional.ts'

/** Makes the walk, in a context that its driver completes; every call makes one anew. */
export type CreateWalk<T> = (complete: Complete) => Walk<T>
export type Complete = (context: Omit<Context, 'peek'>) => Context

export interface DriveOptions {
  readonly ask: Ask
  /** Milliseconds for the whole walk; after that every question that is still open has failed. */
  readonly timeout: number
  /** Milliseconds of that which have passed already; default: 0. */
  readonly passed?: number
  readonly signal: Cancellation
  /** Other threads for signatures; default: none. */
  readonly aside?: Aside | undefined
  /** Whether to wait also for answers that were started and not needed: for a recording, which is to be whole. */
  readonly waitForAll?: boolean
}

/**
 * Drives a walk over the network: all questions it starts go out at once and side by side, none of them twice. The
 * questions that are still open when the walk is finished are called off. Rejects only with the signal's reason.
 */
export async function drive<T>(create: CreateWalk<T>, options: DriveOptions): Promise<T> {
  options.signal.throwIfAborted()
  let open = new Canceller()
  const answers = new Map<string, UpstreamAnswer>()
  const asked = new Map<string, Promise<UpstreamAnswer>>()
  const late: UpstreamAnswer = {
    kind: 'failure',
    cause: 'timeout',
    detail: `the whole lookup has taken ${options.timeout} ms`,
    upstream: undefined,
  }
  const limit = deadline(options.timeout - (options.passed ?? 0), late, options.signal)

  const start = (question: Question): Promise<UpstreamAnswer> => {
    const key = questionKey(question)
    const known = asked.get(key)
    if (known !== undefined) return known
    const promise = options.ask(question, open).then((answer) => {
      if (asked.get(key) === promise) answers.set(key, answer)
      return answer
    })
    // One that is never waited for must not end the process; one that is waited for still rejects there.
    promise.catch(() => undefined)
    asked.set(key, promise)
    return promise
  }
  /** What is open may be asked again afterwards. */
  const callOff = (): void => {
    // Where all are answered there is nothing to call off, and an abort costs as much as parsing an answer (measured).
    if (asked.size === answers.size) return
    for (const key of asked.keys()) if (!answers.has(key)) asked.delete(key)
    open.abort(NOT_NEEDED)
    open = new Canceller()
  }
  const peek: Context['peek'] = (question) => answers.get(questionKey(question))
  const strict: Complete = (context) => ({ peek, ...context })
  const isSound = async (provisional: Provisional): Promise<boolean> => {
    const sound = !provisional.unsettled || (await provisional.settle())
    options.signal.throwIfAborted()
    if (sound) provisional.commit()
    return sound
  }
  /** Undefined where the walk was told something on the way that is not true. */
  const through = async (walk: Walk<T>, provisional?: Provisional): Promise<{ value: T } | undefined> => {
    let step = walk.next()
    while (!step.done) {
      const { start: ahead, wait } = step.value
      const isAtHand = ahead.length === 0 && answers.has(questionKey(wait))
      // Nothing is asked, and nothing waited for, because of what is not certain.
      if (!isAtHand && provisional?.unsettled === true && !(await isSound(provisional))) return undefined
      if (!limit.reached()) for (const question of ahead) start(question)
      const atHand = answers.get(questionKey(wait)) ?? (limit.reached() ? late : undefined)
      step = walk.next(atHand ?? (await Promise.race([start(wait), limit.promise])))
    }
    return step
  }
  const throughProvisionally = async (aside: Aside): Promise<{ value: T } | undefined> => {
    const provisional = new Provisional(aside)
    const end = await through(
      create((context) => provisional.contextFor(strict(context))),
      provisional,
    )
    if (end !== undefined && options.waitForAll !== true) callOff()
    return end !== undefined && (await isSound(provisional)) ? end : undefined
  }

  try {
    const { aside } = options
    const end = aside?.idle() === true ? await throughProvisionally(aside) : undefined
    const { value } = end ?? (await through(create(strict)))!
    if (options.waitForAll === true) await Promise.race([Promise.allSettled(asked.values()), limit.promise])
    return value
  } finally {
    limit.clear()
    callOff()
  }
}

/**
 * Drives a walk whose answers are at hand, in one go. Each question is looked up once.
 * @param aside Other threads for signatures, if there are any; a promise only where they are used.
 */
export function driveAtHand<T>(
  create: CreateWalk<T>,
  answer: (question: Question) => UpstreamAnswer,
  aside?: Aside,
): T | Promise<T> {
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
  const through = (walk: Walk<T>): T => {
    let step = walk.next()
    while (!step.done) {
      for (const question of step.value.start) started.set(questionKey(question), question)
      step = walk.next(lookUp(step.value.wait))
    }
    return step.value
  }

  const strict: Complete = (context) => ({ peek, ...context })
  if (aside?.idle() !== true) return through(create(strict))
  const provisional = new Provisional(aside)
  const end = through(create((context) => provisional.contextFor(strict(context))))
  if (!provisional.unsettled) {
    provisional.commit()
    return end
  }
  return provisional.settle().then((sound) => {
    if (sound) provisional.commit()
    return sound ? end : through(create(strict))
  })
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
