import type { LastTry, QueueEntry, QueueRecipient } from '../smtp/queue/entry.ts'
import type { QueueEvent } from '../smtp/queue/events.ts'
import type { StoredEntry } from '../smtp/queue/store.ts'
import type { QueueVia } from '../smtp/queue/via.ts'
import { verdictText } from './check-report.ts'
import { type Paint, printable } from './paint.ts'

/** One entry in a list, with the recipients who are still to be delivered to. */
export function entryText(stored: StoredEntry, paint: Paint): string {
  const { id, state } = stored
  if ('damage' in stored) return `${paint.strong(id)}  ${paint.bad('damaged')}\n  ${printable(stored.damage)}\n`
  const { entry } = stored
  const from = entry.from === null ? '<>' : printable(entry.from)
  const lines = [`${paint.strong(id)}  ${STATES[state]}  ${entry.size} octets  ${second(entry.arrival)}  ${from}`]
  for (const recipient of entry.recipients) {
    if (recipient.state === 'pending') lines.push(...recipientLines(recipient, paint))
  }
  return `${lines.join('\n')}\n`
}

/** Everything about an entry. */
export function entryDetails(stored: StoredEntry, paint: Paint): string {
  if ('damage' in stored) return entryText(stored, paint)
  const { entry } = stored
  const lines = [
    `${paint.strong(entry.id)}  ${STATES[stored.state]}`,
    `  from      ${entry.from === null ? '<>' : printable(entry.from)}`,
    `  size      ${entry.size} octets`,
    `  arrival   ${second(entry.arrival)}`,
    `  expires   ${second(entry.expires)}`,
    ...(entry.via === null ? [] : [`  by        ${printable(viaText(entry.via))}`]),
    ...demands(entry).map((demand) => `  demands   ${printable(demand)}`),
    ...(entry.reportOf === null ? [] : [`  report of ${entry.reportOf}`]),
  ]
  for (const recipient of entry.recipients) lines.push(...recipientLines(recipient, paint))
  return `${lines.join('\n')}\n`
}

/** One line of what happens while the queue is run. */
export function eventText(event: QueueEvent, paint: Paint): string {
  switch (event.kind) {
    case 'queued':
      return `${event.id} queued from ${event.entry.from === null ? '<>' : printable(event.entry.from)}`
    case 'tried': {
      const { id, recipient, last, due } = event
      const next = due === null ? '' : `, next try ${second(due)}`
      return `${id} ${stateText(recipient, paint)} ${printable(recipient.address)}${tryText(last, paint)}${next}`
    }
    case 'reported':
      return `${event.id} report ${event.report} to ${printable(event.to)}`
    case 'dropped':
      return `${event.id} ${paint.bad('dropped')} ${printable(event.recipient.address)}: a report that cannot be delivered`
    case 'removed':
      return `${event.id} done`
    case 'damaged':
      return `${event.id} ${paint.bad('damaged')}: ${printable(event.error.message)}`
    case 'trouble': {
      const { id, error } = event
      return `${id === null ? '' : `${id} `}trouble: ${printable(error instanceof Error ? error.message : String(error))}`
    }
  }
}

/** The same for a program. */
export function eventJson(event: QueueEvent, time: string): object {
  if (event.kind !== 'damaged' && event.kind !== 'trouble') return { time, ...event }
  const { error } = event
  return { time, ...event, error: error instanceof Error ? error.message : String(error) }
}

function recipientLines(recipient: QueueRecipient, paint: Paint): string[] {
  const { address, state, attempts, due, last } = recipient
  const next = state === 'pending' ? `, ${attempts === 0 ? 'first' : 'next'} try ${second(due)}` : ''
  const lines = [`  ${stateText(recipient, paint)}  ${printable(address)}${next}`]
  if (last !== null) lines.push(`    ${second(last.time)}, try ${attempts}${tryText(last, paint)}`)
  return lines
}

function stateText({ state, attempts }: QueueRecipient, paint: Paint): string {
  if (state === 'delivered') return paint.good('delivered')
  if (state === 'failed') return paint.bad('failed')
  return attempts === 0 ? 'waiting' : paint.fair('deferred')
}

function tryText({ host, level, verdict, code, enhanced, text }: LastTry, paint: Paint): string {
  const where = host === null ? '' : ` at ${printable(host)}, level ${level}, ${verdictText(verdict, paint)}`
  return `${where}: ${[code, enhanced, printable(text)].filter((part) => part !== null).join(' ')}`
}

function viaText(via: QueueVia): string {
  const where =
    via.kind === 'relay'
      ? `the relay ${via.nextHop}${via.implicitTls ? ', TLS from the first octet on' : ''}`
      : `the submission server of ${via.domain}`
  return via.credentialsFile === null ? where : `${where}, with the credentials in ${via.credentialsFile}`
}

function demands({ requireDane, requireTls, dsn }: QueueEntry): string[] {
  return [
    ...(requireDane ? ['DANE'] : []),
    ...(requireTls === false ? [] : ['REQUIRETLS']),
    ...(dsn.ret === undefined ? [] : [`RET=${dsn.ret}`]),
    ...(dsn.envid === undefined ? [] : [`ENVID=${dsn.envid}`]),
  ]
}

function second(time: string): string {
  return time.replace(/\.[0-9]+Z$/, 'Z')
}

const STATES = { waiting: 'waiting', claimed: 'being delivered', held: 'held' } as const
