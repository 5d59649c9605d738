import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { createServer, type TLSSocket } from 'node:tls'
import { program } from './program.ts'
import { count, type Receiver } from './receiver.ts'
import type { ServerCertificate } from './upstream.ts'

/** A submission server with TLS from the first octet on, where GNU SASL decides who may log in. */
export async function startGsasl(
  port: number,
  certificate: ServerCertificate,
  options: { readonly mechanism: string; readonly password: string },
): Promise<Receiver> {
  const log: string[] = []
  const arrived: Buffer[] = []
  const context = { key: readFileSync(certificate.keyFile), cert: readFileSync(certificate.file) }
  const server = createServer(context, (socket) => {
    socket.on('error', () => socket.destroy())
    void serve(socket, options, log, arrived)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    log: () => log.join('\n'),
    mails: () => count(log.join('\n'), /^MAIL/gm),
    lineEnd: '\r\n',
    messages: () => arrived,
    stop: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}

async function serve(
  socket: TLSSocket,
  { mechanism, password }: { readonly mechanism: string; readonly password: string },
  log: string[],
  arrived: Buffer[],
): Promise<void> {
  const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]()
  const next = async (): Promise<string> => (await lines.next()).value ?? 'QUIT'
  const say = (line: string): void => void socket.write(`${line}\r\n`)
  let known = false
  say('220 submission.test ESMTP')
  for (let line = await next(); ; line = await next()) {
    log.push(line)
    const verb = line.split(' ')[0]!.toUpperCase()
    if (verb === 'EHLO') say(`250-submission.test\r\n250-8BITMIME\r\n250 AUTH ${mechanism}`)
    else if (verb === 'AUTH') {
      known = await judged(mechanism, password, line.split(' ')[2] ?? '', async (challenge) => {
        say(`334 ${challenge}`)
        return await next()
      })
      say(known ? '235 2.7.0 welcome' : '535 5.7.8 no')
    } else if (verb === 'QUIT') return void socket.end('221 bye\r\n')
    else if (!known) say('530 5.7.0 log in first')
    else if (verb === 'DATA') {
      say('354 go')
      const content: string[] = []
      for (let text = await next(); text !== '.'; text = await next()) content.push(text.replace(/^\./, ''))
      arrived.push(Buffer.from(content.map((text) => `${text}\r\n`).join('')))
      say('250 taken')
    } else say('250 ok')
  }
}

/** Lets `gsasl --server` hold the exchange, in base64: its challenges go to `answer`. */
async function judged(
  mechanism: string,
  password: string,
  initial: string,
  answer: (challenge: string) => Promise<string>,
): Promise<boolean> {
  const args = ['--server', '--quiet', '--no-cb', `--mechanism=${mechanism}`, `--password=${password}`]
  const child = spawn(program('gsasl'), args, { stdio: ['pipe', 'pipe', 'ignore'] })
  const ended = once(child, 'close') as Promise<[number | null]>
  child.stdin.on('error', () => undefined)
  let asked = 0
  for await (const line of createInterface({ input: child.stdout })) {
    // It names the mechanism, and asks for the first word by an empty challenge.
    if (line === mechanism) continue
    child.stdin.write(`${asked++ === 0 ? initial : await answer(line)}\n`)
    // The second challenge is its last word; behind it, it would go on to read what the mechanism is to protect.
    if (asked === 3) child.stdin.end()
  }
  return (await ended)[0] === 0
}
