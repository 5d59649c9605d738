import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shown } from './hosts.ts'

const MEGABYTES = 100
/** 64 octets a line in the file, with LF; some start with a dot. */
const LINES = `${`${'x'.repeat(63)}\n`.repeat(15)}.${'y'.repeat(62)}\n`.repeat(1024)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'danelaw-large-'))
  await build({
    entryPoints: [fileURLToPath(new URL('large-message.ts', import.meta.url))],
    outfile: join(folder, 'sender.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  })
})
afterAll(() => rm(folder, { recursive: true }))

describe('a message of 100 MB in a file', () => {
  test('goes out with little memory, and every octet of it', async () => {
    const file = join(folder, 'mail.eml')
    const handle = await open(file, 'w')
    const sent = createHash('sha256')
    const write = async (text: string): Promise<void> => {
      await handle.write(text)
      sent.update(text.replaceAll('\n.', '\n..').replaceAll('\n', '\r\n'))
    }
    await write('Subject: large\n\n')
    for (let at = 0; at < MEGABYTES; at++) await write(LINES)
    await handle.close()
    const expected = sent.digest('hex')

    const server = await sink()
    try {
      const sender = [join(folder, 'sender.mjs'), file, String(server.port), '127.0.0.1']
      const { stdout } = await promisify(execFile)(process.execPath, sender)
      const { outcome, size, grown } = JSON.parse(stdout) as { outcome: string; size: number; grown: number }
      expect(outcome).toBe('delivered')
      expect(size).toBeGreaterThan(MEGABYTES * 1_000_000)
      expect(server.digest()).toBe(expected)
      expect(grown).toBeLessThan(64 * 1_048_576)
    } finally {
      server.close()
    }
  }, 60_000)
})

/** A server with STARTTLS that keeps nothing of a message but its digest. */
async function sink(): Promise<{ port: number; digest: () => string; close: () => void }> {
  const { key, cert } = await shown()
  let digest = ''
  const server = createServer((plain) => {
    plain.on('error', () => plain.destroy())
    plain.write('220 mx\r\n')
    plain.on('data', (octets) => {
      if (octets.toString().startsWith('EHLO')) plain.write('250-mx\r\n250 STARTTLS\r\n')
      if (!octets.toString().startsWith('STARTTLS')) return
      plain.removeAllListeners('data')
      plain.write('220 go\r\n')
      receive(new TLSSocket(plain, { isServer: true, key, cert }), (hash) => {
        digest = hash
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, digest: () => digest, close: () => void server.close() }
}

function receive(socket: Socket, done: (digest: string) => void): void {
  const hash = createHash('sha256')
  let content = false
  let tail: Buffer = Buffer.alloc(0)
  socket.on('error', () => socket.destroy())
  socket.on('data', (octets: Buffer) => {
    if (!content) {
      const line = octets.toString()
      content = line === 'DATA\r\n'
      socket.write(content ? '354 go\r\n' : line === 'QUIT\r\n' ? '221 bye\r\n' : '250 ok\r\n')
      return
    }
    const whole = Buffer.concat([tail, octets])
    if (whole.subarray(-5).toString() === '\r\n.\r\n') {
      done(hash.update(whole.subarray(0, -3)).digest('hex'))
      content = false
      socket.write('250 2.0.0 taken\r\n')
      return
    }
    hash.update(whole.subarray(0, -5))
    tail = whole.subarray(-5)
  })
}
