/** Servers that pour gigabytes at the program, in a process of its own: it stays small and comes to an end. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFolder } from './mail/world.ts'
import { makeCertificate, type MadeCertificate } from './peers/certificate.ts'
import { danelaw } from './peers/danelaw.ts'

let base: ReturnType<typeof createFolder>
let certificate: MadeCertificate
/** Of a run against a server without fault, in KiB. */
let usual: number
const servers: Server[] = []
/** What a flood was taken of, in octets. */
let poured = 0

beforeAll(async () => {
  base = createFolder('floods')
  certificate = makeCertificate(base.folder, 'mx.test')
  usual = (await check(await serve(honest))).peak
})
afterAll(async () => {
  for (const server of servers) server.close()
  await base?.end(false)
})

/** KiB that reading may cost beyond a usual run: what is in sockets' buffers, and the garbage of it. */
const ALLOWANCE = 64 * 1024
/** What a server would send if it were let. */
const GIGABYTE = 1 << 30

test.each([
  ['a greeting of one line', (socket: Socket) => pour(socket, '220 x')],
  ['a greeting of lines without end', (socket: Socket) => pour(socket, '220-more\r\n')],
  ['a greeting of NULs', (socket: Socket) => pour(socket, '\0')],
  ['EHLO: keywords without end', (socket: Socket) => talk(socket, { EHLO: () => pour(socket, '250-WORD 1 2 3\r\n') })],
  ['EHLO: one line without end', (socket: Socket) => talk(socket, { EHLO: () => pour(socket, '250-x') })],
  [
    'after STARTTLS: octets that are no TLS',
    (socket: Socket) => talk(socket, { STARTTLS: () => pour(socket, '\x16') }),
  ],
  ['after STARTTLS: replies', (socket: Socket) => talk(socket, { STARTTLS: () => pour(socket, '250-x\r\n') })],
  ['inside TLS: replies without end', (socket: Socket) => secure(socket, (inner) => pour(inner, '250-x\r\n'))],
  ['inside TLS: one line without end', (socket: Socket) => secure(socket, (inner) => pour(inner, '2'))],
])('%s', async (_, behave) => {
  poured = 0
  const { peak, status } = await check(await serve(behave))
  expect(peak - usual).toBeLessThan(ALLOWANCE)
  expect(poured).toBeLessThan(GIGABYTE / 16)
  // Refused, unreachable, or encrypted where it said nothing before it was left.
  expect([2, 3, 4]).toContain(status)
})

async function serve(behave: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    behave(socket)
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function honest(socket: Socket): void {
  secure(socket, (inner) => inner.on('data', () => inner.end('221 bye\r\n')))
}

function secure(socket: Socket, then: (inner: Socket) => void): void {
  talk(socket, {
    STARTTLS: () => {
      socket.removeAllListeners('data')
      socket.write('220 go\r\n')
      const context = { key: readFileSync(certificate.keyFile), cert: readFileSync(certificate.file) }
      const inner = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(context) })
      inner.on('error', () => socket.destroy())
      then(inner)
    },
  })
}

/** A server that greets and knows EHLO, and does something else at one command. */
function talk(socket: Socket, otherwise: Readonly<Record<string, () => void>>): void {
  socket.write('220 mx.test\r\n')
  socket.on('data', (octets: Buffer) => {
    const verb = octets.toString('latin1').trim().split(' ')[0]!
    if (otherwise[verb] !== undefined) otherwise[verb]()
    else socket.write(verb === 'EHLO' ? '250-mx.test\r\n250 STARTTLS\r\n' : '221 bye\r\n')
  })
}

function pour(socket: Socket, text: string): void {
  const piece = Buffer.alloc(65_536, text)
  const more = (): void => {
    while (!socket.destroyed && poured < GIGABYTE) {
      poured += piece.length
      if (!socket.write(piece)) return void socket.once('drain', more)
    }
  }
  more()
}

/** Runs `danelaw check` and gives its peak of resident memory in KiB. */
async function check(port: number): Promise<{ readonly peak: number; readonly status: number | null }> {
  // NODE_OPTIONS has a meaning of its own for double quotes.
  const tell = `process.on('exit',()=>process._rawDebug('peak',process.resourceUsage().maxRSS))`
  const args = ['check', '@127.0.0.1:9', '--json', '--port', `${port}`, '[127.0.0.1]']
  const { status, stderr } = await danelaw(args, '', { NODE_OPTIONS: `--import=data:text/javascript,${tell}` })
  const peak = /^peak (\d+)$/m.exec(stderr)?.[1]
  if (peak === undefined) throw new Error(`no peak: ${stderr}`)
  return { peak: Number(peak), status }
}
