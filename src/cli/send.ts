import { DanelawError } from '../errors.ts'
import { QUEUE_LIMITS } from '../limits.ts'
import { parseMailbox, parseReversePath } from '../smtp/address.ts'
import { mailParameters, type RecipientDsn } from '../smtp/delivery-request.ts'
import type { DeliveryOutcome } from '../smtp/outcome.ts'
import type { QueueVia } from '../smtp/queue/via.ts'
import { defineCommand, type Input } from './command.ts'
import { reportFailure } from './failure-report.ts'
import type { Io } from './io.ts'
import {
  flag,
  mandatory,
  mandatoryList,
  optional,
  type OptionTable,
  readChoice,
  readNumber,
  readPath,
  reader,
} from './option.ts'
import { progress, writeJson } from './output.ts'
import { paintFor, printable } from './paint.ts'
import { DELIVERY_OPTIONS, openQueue, withDelivery } from './queue-delivery.ts'
import { deliverVia, RELAY_OPTIONS, viaOf } from './relaying.ts'
import { messageInput, STDIN, withMessage } from './send-input.ts'
import { outcomesText, statusOf } from './send-report.ts'

const OPTIONS = {
  from: mandatory('ADDR', reader(readSender), "the envelope's sender; <> for a delivery report"),
  to: mandatoryList('ADDR', reader(readRecipient), 'a recipient'),
  'require-dane': flag('only to hosts that DANE authenticates; everything else is deferred'),
  'require-tls': flag('only to authenticated hosts that take it on to do the same (REQUIRETLS, RFC 8689)'),
  notify: optional('WORDS', readNotify, 'when to be told: never, or some of success,failure,delay (DSN, RFC 3461)'),
  ret: optional('HOW-MUCH', readChoice('full', 'hdrs'), 'what a report brings back: full, or hdrs for the header'),
  envid: optional('ID', readEnvelopeId, 'what reports call the message'),
  ...RELAY_OPTIONS,
  queue: optional(
    'DIR',
    readPath,
    'take the message into this queue, to be tried until it is delivered or too old: see danelaw queue. It is tried at once if nobody runs the queue',
  ),
  later: flag('with --queue: leave all tries to danelaw queue'),
  lifetime: optional(
    'HOURS',
    readNumber(0, QUEUE_LIMITS.expiry.max / 3_600_000),
    'with --queue: how long to try; default: 120',
  ),
  ...DELIVERY_OPTIONS,
} as const satisfies OptionTable

export const send = defineCommand({
  name: 'send',
  description:
    "Delivers the message on standard input to each recipient domain's hosts, in order. A host with usable TLSA records gets it over TLS that they authenticate, or not at all (RFC 7672). Exit statuses are those of sysexits(3), as Postfix's pipe(8) reads them.",
  args: [],
  servers: true,
  options: OPTIONS,
  statuses: [
    [0, 'delivered to all recipients; with --queue: taken, and on the disk'],
    [65, 'the message is malformed'],
    [68, 'a domain does not exist'],
    [69, 'refused for good'],
    [75, 'deferred, credentials refused, interrupted, or no upstream to ask: try again later; with --queue: not taken'],
  ],
  examples: [
    'danelaw send --from me@example.org --to you@example.com < message.eml',
    'danelaw send --from me@example.org --to you@example.com --require-dane --json < message.eml',
    'danelaw send --from me@example.org --to you@example.com --queue /var/spool/danelaw < message.eml',
    'danelaw send --from me@example.org --to you@example.com --submission --credentials FILE < mail',
  ],
  async run(input, io) {
    const { options } = input
    for (const name of ['later', 'lifetime'] as const) {
      if (options.queue === undefined && options[name]) throw new DanelawError('usage', `--${name} is for --queue`)
    }
    if (io.stdin.isTTY === true) progress(io, 'reading the message from standard input, up to its end (Ctrl-D)')
    const via = viaOf(options)
    return options.queue === undefined ? await sendNow(input, via, io) : await queueUp(input, options.queue, via, io)
  },
})

async function sendNow(input: Input<typeof OPTIONS>, via: QueueVia | null, io: Io): Promise<number> {
  const { options } = input
  let underWay = false
  try {
    return await withDelivery(input, io, async (settings, { resolver }) => {
      underWay = true
      return await withMessage(io, async (content) => {
        progress(io, `sending ${content.size} octets to ${options.to.join(', ')}`)
        const { from, to, dsn, requireTls } = envelope(options)
        const requireDane = options['require-dane']
        const message = { from, to, dsn, requireTls, content }
        const outcomes = await deliverVia(via, message, { ...settings, requireDane, signal: io.signal })
        const live = options.fixture === undefined && options.record === undefined
        if (options.json) writeJson(io, { recipients: outcomes, questions: live ? resolver.stats.questions : null })
        else io.stdout.write(outcomesText(outcomes, paintFor(io.stdout, io.env)))
        return statusOf(outcomes)
      })
    })
  } catch (error) {
    // A mail system that runs this returns the message to its sender for any other status (Postfix: pipe(8)).
    if (!isTemporary(error, io, underWay)) throw error
    reportFailure(error, options.json, io)
    return 75
  }
}

/** Once the message is in the queue everything else is the queue's business, and the status is 0. */
async function queueUp(input: Input<typeof OPTIONS>, folder: string, via: QueueVia | null, io: Io): Promise<number> {
  const { options } = input
  let id: string
  let isRun: boolean
  try {
    const { lifetime } = options
    const tuning = lifetime === undefined ? {} : { tuning: { expiry: lifetime * HOUR } }
    const queue = openQueue(folder, options, tuning)
    const content = messageInput(io)
    id = await queue.submit({ ...envelope(options), requireDane: options['require-dane'], via, content, file: STDIN })
    // Whatever fails from here on: it is taken, and who hears otherwise sends it again.
    isRun = await queue.runner().then(
      (runner) => runner !== null,
      () => true,
    )
  } catch (error) {
    if (!isTemporary(error, io, true)) throw error
    reportFailure(error, options.json, io)
    return 75
  }
  const outcomes = options.later || isRun ? [] : await tryOnce(input, folder, id, io)
  if (options.json) writeJson(io, { queued: id, recipients: outcomes })
  else
    io.stdout.write(
      `queued  ${id}\n${outcomes.length === 0 ? '' : outcomesText(outcomes, paintFor(io.stdout, io.env))}`,
    )
  return 0
}

async function tryOnce(
  input: Input<typeof OPTIONS>,
  folder: string,
  id: string,
  io: Io,
): Promise<readonly DeliveryOutcome[]> {
  const outcomes: DeliveryOutcome[] = []
  try {
    await withDelivery(input, io, async (settings) => {
      const queue = openQueue(folder, input.options, {
        settings,
        // A report that comes of it is delivered as well, and is not what was asked for.
        onOutcomes: (from, some) => {
          if (from !== null || input.options.from === '<>') outcomes.push(...some)
        },
      })
      await queue.flush({ ids: [id], signal: io.signal })
    })
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    io.stderr.write(`danelaw: queued, and not tried yet: ${printable(what)}\n`)
  }
  return outcomes
}

type Options = Input<typeof OPTIONS>['options']

/** Sender, recipients and what is asked for them. */
function envelope(options: Options) {
  const { from, to, notify, ret, envid } = options
  return {
    from: from === '<>' ? null : from,
    to,
    requireTls: options['require-tls'],
    dsn: {
      ...(ret !== undefined && { ret: ret === 'full' ? ('FULL' as const) : ('HDRS' as const) }),
      ...(envid !== undefined && { envid }),
      ...(notify !== undefined && { recipients: new Map(to.map((address) => [address, { notify }])) }),
    },
  }
}

/** Trouble of this system and this moment, in contrast to arguments and messages that will never do. */
function isTemporary(error: unknown, io: Io, underWay: boolean): boolean {
  const code = error instanceof DanelawError ? error.code : 'internal'
  return io.signal.aborted || code === 'no-upstream' || code === 'aborted' || (underWay && code !== 'bad-message')
}

/** The text of an address that is one; `<>` stays. */
function readSender(text: string): string {
  parseReversePath(text)
  return text
}

function readRecipient(text: string): string {
  parseMailbox(text)
  return text
}

function readNotify(text: string, name: string): NonNullable<RecipientDsn['notify']> {
  const words = text.toUpperCase().split(',')
  if (text.toUpperCase() === 'NEVER') return 'NEVER'
  const known = words.flatMap((word) => NOTIFY.find((event) => event === word) ?? [])
  if (known.length === words.length && new Set(known).size === known.length) return known
  throw new DanelawError('usage', `'${text}' is neither never nor some of success,failure,delay`, {
    place: { option: name },
  })
}

function readEnvelopeId(text: string, name: string): string {
  try {
    mailParameters({ envid: text })
    return text
  } catch {
    throw new DanelawError('usage', `'${text}' is not printable US-ASCII of at most 100 characters`, {
      place: { option: name },
    })
  }
}

const NOTIFY = ['SUCCESS', 'FAILURE', 'DELAY'] as const
const HOUR = 3_600_000
