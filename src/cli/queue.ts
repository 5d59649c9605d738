import { DanelawError } from '../errors.ts'
import { QUEUE_LIMITS } from '../limits.ts'
import type { QueueEvent } from '../smtp/queue/events.ts'
import type { Queue } from '../smtp/queue/queue.ts'
import { defineCommand, type Input } from './command.ts'
import { reportFailure } from './failure-report.ts'
import type { Io } from './io.ts'
import { optional, type OptionTable, readNumber, readPath } from './option.ts'
import { writeJson } from './output.ts'
import { paintFor } from './paint.ts'
import { DELIVERY_OPTIONS, openQueue, withDelivery } from './queue-delivery.ts'
import { entryDetails, entryText, eventJson, eventText } from './queue-report.ts'
import { suggest } from './suggest.ts'

const OPTIONS = {
  queue: optional('DIR', readPath, 'the folder of the queue; default: /var/spool/danelaw'),
  jobs: optional(
    'N',
    readNumber(QUEUE_LIMITS.concurrency.min, QUEUE_LIMITS.concurrency.max),
    `run, flush: deliveries at a time; default: ${QUEUE_LIMITS.concurrency.value}`,
  ),
  'warn-after': optional(
    'HOURS',
    readNumber(0, QUEUE_LIMITS.delayWarning.max / 3_600_000),
    'run, flush: tell the sender of a delay after that time; 0: never; default: 4',
  ),
  ...DELIVERY_OPTIONS,
} as const satisfies OptionTable

type QueueInput = Input<typeof OPTIONS>

export const queue = defineCommand({
  name: 'queue',
  description:
    'Mail that danelaw send --queue has taken and that waits to be delivered. list: what is there. show: one message. run: delivers it when it is due, and new mail at once, until it is terminated. flush: tries everything, or one message, once and now. remove: takes a message out; nobody is told. hold, release: keeps a message back, and lets it go on. Pauses between tries grow from 5 minutes to 67; mail that failed, or is delayed for hours, is told to its sender (RFC 3464).',
  args: [
    { name: 'ACTION', required: false, help: 'list (default), show, run, flush, remove, hold or release' },
    { name: 'ID', required: false, help: 'the message: for show, remove, hold and release; may be given for flush' },
  ],
  servers: true,
  options: OPTIONS,
  statuses: [
    [0, 'done; run: terminated'],
    [1, 'there is no such message'],
    [75, 'the message is being delivered, or the queue is being run: try again later'],
  ],
  examples: [
    'danelaw queue list --queue /var/spool/danelaw',
    'danelaw queue run --queue /var/spool/danelaw --mta-sts /var/lib/danelaw/sts.json',
    'danelaw queue remove 1k81lf440s8qb0mbi0d4ih0ge',
  ],
  async run(input, io) {
    const [action = 'list', id] = input.args
    const act = Object.hasOwn(ACTIONS, action) ? ACTIONS[action as keyof typeof ACTIONS] : undefined
    if (act === undefined) {
      throw new DanelawError('usage', `unknown action '${action}' of danelaw queue`, {
        hint: `did you mean ${suggest(action, Object.keys(ACTIONS)) ?? Object.keys(ACTIONS).join(', ')}?`,
      })
    }
    if (act.id === 'needed' && id === undefined) throw usage(`danelaw queue ${action} needs the ID of a message`)
    if (act.id === 'none' && id !== undefined) throw usage(`'${id}' is too much: danelaw queue ${action} takes no ID`)
    if (!act.delivers && input.servers.length > 0) {
      throw usage(`danelaw queue ${action} asks nobody, and @${input.servers[0]} is an upstream`)
    }
    try {
      return await act.run(input, io, id ?? '')
    } catch (error) {
      const status = error instanceof DanelawError ? STATUSES.get(error.code) : undefined
      if (status === undefined) throw error
      reportFailure(error, input.options.json, io)
      return status
    }
  },
})

async function list(input: QueueInput, io: Io): Promise<number> {
  const { options } = input
  const opened = open(input)
  const runner = await opened.runner()
  if (options.json) {
    const entries: object[] = []
    for await (const stored of opened.list())
      entries.push('damage' in stored ? stored : { state: stored.state, ...stored.entry })
    writeJson(io, { queue: folder(input), runner, entries })
    return 0
  }
  const paint = paintFor(io.stdout, io.env)
  let count = 0
  for await (const stored of opened.list()) {
    count++
    io.stdout.write(entryText(stored, paint))
    await io.stdout.drained?.()
  }
  io.stdout.write(
    `${count} message${count === 1 ? '' : 's'}; ${runner === null ? 'nobody runs the queue' : `run by ${runner}`}\n`,
  )
  return 0
}

async function show(input: QueueInput, io: Io, id: string): Promise<number> {
  const stored = await open(input).read(id)
  if (input.options.json) writeJson(io, 'damage' in stored ? stored : { state: stored.state, ...stored.entry })
  else io.stdout.write(entryDetails(stored, paintFor(io.stdout, io.env)))
  return 0
}

async function run(input: QueueInput, io: Io): Promise<number> {
  io.keepHeapSmall?.()
  await withQueue(input, io, eventLines(input, io), (opened) => opened.run({ signal: io.signal }))
  return 0
}

async function flush(input: QueueInput, io: Io, id: string): Promise<number> {
  const { json } = input.options
  const events: QueueEvent[] = []
  const tell = json ? (event: QueueEvent) => void events.push(event) : eventLines(input, io)
  await withQueue(input, io, tell, async (opened) => {
    if (id !== '') await opened.read(id)
    await opened.flush({ signal: io.signal, ...(id !== '' && { ids: [id] }) })
  })
  if (json) writeJson(io, { events: events.map((event) => eventJson(event, time())) })
  return 0
}

/** Changes one message. */
function changing(change: 'remove' | 'hold' | 'release') {
  return async (input: QueueInput, io: Io, id: string): Promise<number> => {
    await open(input)[change](id)
    if (input.options.json) writeJson(io, { id, [DONE[change]]: true })
    else io.stdout.write(`${DONE[change]}  ${id}\n`)
    return 0
  }
}

function open(input: QueueInput): Queue {
  return openQueue(folder(input), input.options, { create: false })
}

async function withQueue(
  input: QueueInput,
  io: Io,
  onEvent: (event: QueueEvent) => void,
  work: (opened: Queue) => Promise<void>,
): Promise<void> {
  const { jobs, 'warn-after': warnAfter } = input.options
  const tuning = {
    ...(jobs !== undefined && { concurrency: jobs }),
    ...(warnAfter !== undefined && { delayWarning: warnAfter * 3_600_000 }),
  }
  await withDelivery(input, io, async (settings) => {
    await work(openQueue(folder(input), input.options, { settings, tuning, onEvent }))
  })
}

/** What happens, line by line as it does; what is wrong here goes to standard error. */
function eventLines({ options }: QueueInput, io: Io): (event: QueueEvent) => void {
  const paint = paintFor(io.stdout, io.env)
  return (event) => {
    if (options.json) io.stdout.write(`${JSON.stringify(eventJson(event, time()))}\n`)
    else if (event.kind === 'trouble' || event.kind === 'damaged')
      io.stderr.write(`danelaw: ${eventText(event, paintFor(io.stderr, io.env))}\n`)
    else io.stdout.write(`${eventText(event, paint)}\n`)
  }
}

function folder({ options }: QueueInput): string {
  return options.queue ?? '/var/spool/danelaw'
}

function time(): string {
  return new Date().toISOString()
}

function usage(message: string): DanelawError {
  return new DanelawError('usage', message, { hint: 'see danelaw queue --help' })
}

const ACTIONS = {
  list: { id: 'none', delivers: false, run: list },
  show: { id: 'needed', delivers: false, run: show },
  run: { id: 'none', delivers: true, run },
  flush: { id: 'optional', delivers: true, run: flush },
  remove: { id: 'needed', delivers: false, run: changing('remove') },
  hold: { id: 'needed', delivers: false, run: changing('hold') },
  release: { id: 'needed', delivers: false, run: changing('release') },
} as const

const DONE = { remove: 'removed', hold: 'held', release: 'released' } as const
const STATUSES: ReadonlyMap<string, number> = new Map([
  ['no-entry', 1],
  ['in-use', 75],
])
