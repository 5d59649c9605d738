import { DanelawError } from '../errors.ts'
import { EXIT } from './command.ts'
import type { Io } from './io.ts'
import { writeJson } from './output.ts'
import { printable } from './paint.ts'

/** Tells the user what went wrong, in two lines at most, and returns the exit status. */
export function reportFailure(error: unknown, json: boolean, io: Io): number {
  const failure = asDanelawError(error, io)
  if (json) writeJson(io, { error: { code: failure.code, message: failure.message } })
  io.stderr.write(`danelaw: ${printable(failure.message)}\n`)
  if (failure.hint !== undefined) io.stderr.write(`hint: ${printable(failure.hint)}\n`)
  if (failure.code === 'internal' && io.env.DANELAW_DEBUG === '1' && error instanceof Error) {
    io.stderr.write(`${error.stack ?? ''}\n`)
  }
  return statusOf(failure)
}

function statusOf({ code }: DanelawError): number {
  switch (code) {
    case 'internal':
      return EXIT.internal
    case 'aborted':
      return EXIT.interrupted
    case 'bad-message':
      return EXIT.badMessage
    default:
      return EXIT.usage
  }
}

function asDanelawError(error: unknown, io: Io): DanelawError {
  if (error instanceof DanelawError) return error
  if (io.signal.aborted) return new DanelawError('aborted', 'interrupted', { cause: error })
  const what = error instanceof Error ? error.message : String(error)
  return new DanelawError('internal', `internal error: ${what}`, {
    cause: error,
    hint: 'this is a defect of danelaw: please report it, with the output under DANELAW_DEBUG=1',
  })
}
