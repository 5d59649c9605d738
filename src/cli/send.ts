import { CLI_LIMITS } from '../limits.ts'
import { DanelawError } from '../errors.ts'
import { parseMailbox, parseReversePath } from '../smtp/address.ts'
import { deliver } from '../smtp/delivery.ts'
import { Message } from '../smtp/message.ts'
import type { DeliveryOutcome } from '../smtp/outcome.ts'
import { verdictText, tlsText } from './check-report.ts'
import { defineCommand } from './command.ts'
import type { Io } from './io.ts'
import { reportFailure } from './failure-report.ts'
import { connectionSettings, MAIL_OPTIONS } from './mail-options.ts'
import { flag, mandatory, mandatoryList, reader } from './option.ts'
import { progress, writeJson } from './output.ts'
import { type Paint, paintFor, printable } from './paint.ts'
import { RESOLVING_OPTIONS, withResolver } from './resolving.ts'

export const send = defineCommand({
  name: 'send',
  description:
    "Delivers the message on standard input to each recipient domain's hosts, in order. A host with usable TLSA records gets it over TLS that they authenticate, or not at all (RFC 7672). Exit statuses are those of sysexits(3), as Postfix's pipe(8) reads them.",
  args: [],
  servers: true,
  options: {
    from: mandatory('ADDR', reader(readSender), "the envelope's sender; <> for a delivery report"),
    to: mandatoryList('ADDR', reader(readRecipient), 'a recipient'),
    'require-dane': flag('only to hosts that DANE authenticates; everything else is deferred'),
    ...MAIL_OPTIONS,
    ...RESOLVING_OPTIONS,
  },
  statuses: [
    [0, 'delivered to all recipients'],
    [65, 'the message is malformed'],
    [68, 'a domain does not exist'],
    [69, 'refused for good'],
    [75, 'deferred, interrupted, or no upstream to ask: try again later'],
  ],
  examples: [
    'danelaw send --from me@example.org --to you@example.com < message.eml',
    'danelaw send --from me@example.org --to you@example.com --require-dane --json < message.eml',
  ],
  async run(input, io) {
    const { options } = input
    let underWay = false
    const work = withResolver(input, io, async ({ resolver, now }) => {
      underWay = true
      if (io.stdin.isTTY === true) progress(io, 'reading the message from standard input, up to its end (Ctrl-D)')
      const message = Message.parse(await readAll(io), { file: 'standard input' })
      progress(io, `sending ${message.size} octets to ${options.to.join(', ')}`)
      const port = options.port === undefined ? {} : { discovery: { port: options.port } }
      const outcomes = await deliver(message, {
        resolver,
        from: options.from,
        to: options.to,
        requireDane: options['require-dane'],
        // Without `--at`, certificates are judged when they are seen.
        ...(options.at !== undefined && { at: now }),
        ...port,
        ...connectionSettings(options),
        signal: io.signal,
      })
      if (options.json) writeJson(io, { recipients: outcomes })
      else io.stdout.write(outcomesText(outcomes, paintFor(io.stdout, io.env)))
      return statusOf(outcomes)
    })
    try {
      return await work
    } catch (error) {
      // A mail system that runs this returns the message to its sender for any other status (Postfix: pipe(8)).
      if (!isTemporary(error, io, underWay)) throw error
      reportFailure(error, options.json, io)
      return 75
    }
  },
})

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

async function readAll({ stdin, signal }: Io): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  const limit = CLI_LIMITS.messageOctets.value
  for await (const chunk of stdin) {
    signal.throwIfAborted()
    length += chunk.length
    if (length > limit) {
      throw new DanelawError('bad-message', `a message of more than ${limit} octets`, {
        place: { file: 'standard input' },
      })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function outcomesText(outcomes: readonly DeliveryOutcome[], paint: Paint): string {
  return `${outcomes.map((outcome) => outcomeLines(outcome, paint).join('\n')).join('\n\n')}\n`
}

function outcomeLines(recipient: DeliveryOutcome, paint: Paint): string[] {
  const { address, outcome, host, level, verdict, code, enhanced, text, attempts } = recipient
  const result = outcome === 'delivered' ? paint.good(outcome) : paint.bad(outcome)
  const where = host === null ? '' : ` at ${host}, level ${level}`
  const reply = [code, enhanced, printable(text)].filter((part) => part !== null).join(' ')
  const lines = [`${result}  ${paint.strong(printable(address))}${where}, ${verdictText(verdict, paint)}`, `  ${reply}`]
  for (const attempt of attempts) {
    const at = attempt.address === null ? 'not tried' : `${attempt.address} port ${attempt.port}, ${tlsText(attempt)}`
    lines.push(`  ${attempt.host} ${at}`)
    if (attempt.error !== null && attempt.error !== text) lines.push(`    ${printable(attempt.error)}`)
  }
  return lines
}

/** What a mail system is to do with the message: what may still succeed comes before what has failed. */
function statusOf(outcomes: readonly DeliveryOutcome[]): number {
  if (outcomes.some(({ outcome }) => outcome === 'deferred')) return 75
  const rejected = outcomes.filter(({ outcome }) => outcome === 'rejected')
  if (rejected.length === 0) return 0
  // X.1.2: bad destination system address (RFC 3463 section 3.2), said by no host.
  return rejected.every(({ host, enhanced }) => host === null && enhanced === '5.1.2') ? 68 : 69
}
