import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { createAuthority, createLeaf, credentials } from '../../lab/certificates.ts'

/** What was posted. */
interface Post {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Buffer
}

export interface Sink {
  readonly port: number
  /** Of its authority, in PEM. */
  readonly ca: string
  readonly posts: Post[]
}

/** A web server on loopback that takes reports, with a certificate for `host`; gone when the test is. */
export async function sink(
  host: string,
  answer: { status: number; headers?: Record<string, string> } | 'hang-up' | 'endless' = { status: 201 },
): Promise<Sink> {
  const { key, cert } = await identity(host)
  const posts: Post[] = []
  const server: Server = createServer({ key, cert }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      posts.push({ method, path: url, headers, body: Buffer.concat(chunks) })
      if (answer === 'hang-up') return void request.socket.destroy()
      if (answer === 'endless') {
        response.writeHead(200)
        const more = (): void => void (response.destroyed || response.write(Buffer.alloc(65_536), more))
        return more()
      }
      response.writeHead(answer.status, answer.headers).end('thank you')
    })
  })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, ca: (await authority()).pem, posts }
}

let made: Promise<{ pem: string; sign: Awaited<ReturnType<typeof createAuthority>> }> | undefined
function authority() {
  made ??= createAuthority({ commonName: 'Reports Root' }).then(async (sign) => {
    return { sign, pem: (await credentials(sign)).cert }
  })
  return made
}

const identities = new Map<string, Promise<{ key: string; cert: string }>>()
function identity(host: string): Promise<{ key: string; cert: string }> {
  let found = identities.get(host)
  if (found === undefined) {
    found = authority().then(async ({ sign }) => await credentials(await createLeaf({ names: [host] }, sign)))
    identities.set(host, found)
  }
  return found
}
