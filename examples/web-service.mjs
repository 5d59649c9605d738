/**
 * A web service that takes mails and delivers them, some at a time, trying again what is deferred.
 *
 *     node examples/web-service.mjs 8025
 *     curl -H 'content-type: application/json' http://127.0.0.1:8025/mails \
 *       -d '{"from":"a@example.org","to":["b@example.com"],"subject":"Hello","text":"…"}'
 *     curl http://127.0.0.1:8025/mails/1
 *
 * Needs `npm install danelaw`. What waits is kept in memory alone: `danelaw queue` keeps it on disk. DANELAW_OPTIONS
 * may hold {"resolver":{…},"deliver":{…},"retryAfter":60000} in JSON.
 */
import { createServer } from 'node:http'
import { DanelawError, deliver, Message, parseMailbox, Resolver } from 'danelaw'

const {
  resolver: resolverOptions,
  deliver: deliverOptions,
  retryAfter = 60_000,
} = JSON.parse(process.env.DANELAW_OPTIONS ?? '{}')
/** Mails delivered at a time; mails kept; octets of one; tries. */
const LIMITS = { atATime: 8, kept: 1000, octets: 1_000_000, tries: 5 }

const resolver = new Resolver(resolverOptions)
const stopping = new AbortController()
const mails = new Map()
const waiting = []
let active = 0
let last = 0

const server = createServer(async (request, response) => {
  const reply = (status, document) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(document)}\n`)
  }
  try {
    const id = /^\/mails\/([0-9]+)$/.exec(request.url)?.[1]
    if (request.method === 'POST' && request.url === '/mails') {
      const mail = accept(await readJson(request))
      return reply(202, { id: mail.id })
    }
    const mail = request.method === 'GET' && id !== undefined ? mails.get(Number(id)) : undefined
    if (mail === undefined) return reply(404, { error: 'there is no such thing here' })
    reply(200, { id: mail.id, state: mail.state, recipients: mail.recipients })
  } catch (error) {
    // A caller's mistake is his; anything else is ours.
    const his = error instanceof DanelawError || error instanceof SyntaxError || error instanceof TypeError
    reply(error.status ?? (his ? 400 : 500), { error: error.message })
  }
})
server.listen(Number(process.argv[2] ?? 8025), '127.0.0.1', () => console.log(`listening on ${server.address().port}`))

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)

/** Checks a mail, puts it into the queue, and gives it back with its number. */
function accept({ from, to, subject, text }) {
  if (!Array.isArray(to) || to.length === 0 || to.length > 100) throw new TypeError('to: 1 to 100 recipients')
  if (typeof subject !== 'string' || subject.length > 200) throw new TypeError('subject: a text of 200 characters')
  if (typeof text !== 'string') throw new TypeError('text: not a text')
  // Addresses go into the header and over SMTP: what is none must get into neither.
  for (const address of [from, ...to]) parseMailbox(address)
  if (mails.size >= LIMITS.kept && !forgetOne()) throw Object.assign(new Error('too many mails'), { status: 503 })
  // RFC 2047 section 2: an encoded word has at most 75 characters, and no part of one.
  const words = [...subject].flatMap((_, at, all) => (at % 10 === 0 ? [all.slice(at, at + 10).join('')] : []))
  const encoded = words.map((word) => `=?utf-8?B?${Buffer.from(word).toString('base64')}?=`).join('\r\n ')
  const body =
    Buffer.from(text)
      .toString('base64')
      .match(/.{1,76}/g) ?? []
  // Throws for what must not leave, such as a bare CR in the header.
  const content = Message.parse(
    [
      `From: <${from}>`,
      `To: ${to.map((address) => `<${address}>`).join(',\r\n ')}`,
      `Subject: ${encoded}`,
      `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
      `Message-ID: <${crypto.randomUUID()}@${from.split('@').at(-1)}>`,
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: base64',
      '',
      ...body,
      '',
    ].join('\r\n'),
  )
  const mail = { id: ++last, from, content, state: 'queued', tries: 0, recipients: to.map((address) => ({ address })) }
  mails.set(mail.id, mail)
  waiting.push(mail)
  work()
  return mail
}

/** Starts as many deliveries as there is room for. */
function work() {
  while (active < LIMITS.atATime && waiting.length > 0 && !stopping.signal.aborted) {
    active++
    void attempt(waiting.shift()).finally(() => {
      active--
      work()
    })
  }
}

async function attempt(mail) {
  mail.tries++
  const open = mail.recipients.filter(({ outcome }) => outcome !== 'delivered' && outcome !== 'rejected')
  try {
    const to = open.map(({ address }) => address)
    const options = { ...deliverOptions, resolver, signal: stopping.signal }
    const outcomes = await deliver({ from: mail.from, to, content: mail.content }, options)
    for (const [index, { outcome, host, verdict, text }] of outcomes.entries()) {
      Object.assign(open[index], { outcome, host, verdict, text })
    }
  } catch (error) {
    // Such as no upstream: nothing was sent, and the next try may succeed.
    for (const recipient of open) Object.assign(recipient, { outcome: 'deferred', text: error.message })
  }
  const again = mail.recipients.some(({ outcome }) => outcome === 'deferred') && mail.tries < LIMITS.tries
  mail.state = again ? 'deferred' : 'done'
  if (!again || stopping.signal.aborted) return
  // Each wait is twice the one before. An unmet policy is waited for like a host that is down.
  setTimeout(
    () => {
      waiting.push(mail)
      work()
    },
    retryAfter * 2 ** (mail.tries - 1),
  ).unref()
}

/** The oldest that is done; false where all are still needed. */
function forgetOne() {
  for (const { id, state } of mails.values()) if (state === 'done') return mails.delete(id)
  return false
}

async function readJson(request) {
  const chunks = []
  let length = 0
  for await (const chunk of request) {
    length += chunk.length
    if (length > LIMITS.octets) throw Object.assign(new Error('too large'), { status: 413 })
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString())
}

async function stop() {
  server.close()
  server.closeIdleConnections()
  // Deliveries end as deferred; a message whose last octet is out may still have arrived.
  stopping.abort()
  await resolver.close()
}
