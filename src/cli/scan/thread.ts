import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { DanelawError } from '../../errors.ts'
import { Name } from '../../wire/name.ts'
import type { Io } from '../io.ts'
import { type Checked, withChecker } from './checker.ts'
import type { FromThread, ThreadData, ToThread } from './threads.ts'

/** The far end of a thread, in that thread: looks at the domains it is sent until it is told to close. */
export async function serve(): Promise<void> {
  const port = parentPort!
  const { servers, options } = workerData as ThreadData
  const interrupted = new AbortController()
  const closed = new AbortController()
  const done: [id: number, document: string | null, outcome: string][] = []
  const send = (message: FromThread): void => port.postMessage(message)
  const sendDone = (): void => {
    if (done.length > 0) send({ done: done.splice(0) })
  }
  const finish = (id: number, { document, outcome }: Checked): void => {
    // What is done in one turn of the loop goes in one message, yet a few at a time: the next ones are to come in while
    // others are worked on, and not when all is done, where nothing has to be waited for in between.
    const count = done.push([id, document, outcome])
    if (count >= MESSAGE) sendDone()
    else if (count === 1) setImmediate(sendDone)
  }
  const negative = options['negative-anchor'].map(({ zone, until }) => ({ zone: Name.parse(zone), until }))
  const input = { servers, options: { ...options, 'negative-anchor': negative } }
  try {
    await withChecker(input, threadIo(interrupted.signal, send), async (checker) => {
      port.on('message', (message: ToThread) => {
        if (message === 'abort') interrupted.abort()
        else if (message === 'close') closed.abort()
        else void checker.check(message[1]).then((checked) => finish(message[0], checked))
      })
      await once(closed.signal, 'abort')
    })
  } catch (error) {
    const { message } = error as Error
    const isOurs = error instanceof DanelawError
    send({ failure: { code: isOurs ? error.code : 'internal', message, ...(isOurs && { hint: error.hint }) } })
  } finally {
    port.close()
  }
}

/** Results in one message, at most. */
const MESSAGE = 8

/** A thread writes results through its messages alone. */
function threadIo(signal: AbortSignal, send: (message: FromThread) => void): Io {
  const nothing = { write: () => undefined, isTerminal: false }
  return {
    stdout: nothing,
    stderr: { write: (warning) => send({ warning }), isTerminal: false },
    stdin: (async function* () {})(),
    env: {},
    now: () => Math.floor(Date.now() / 1000),
    signal,
  }
}
