/** Servers for DNS over TLS and over HTTPS on loopback, whose every answer a test decides. */
import { once } from 'node:events'
import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { frame, FrameReader } from '../../src/resolver/transport/frames.ts'
import type { ServerAuthentication } from '../../src/resolver/transport/tls-socket.ts'
import { type Message, parseMessage } from '../../src/wire/message.ts'
import { createAuthority, createLeaf, type Credentials, credentials } from '../lab/certificates.ts'

/** A certificate of `names` by an authority of its own, and what a client is told so that it trusts it. */
export interface Identity {
  readonly credentials: Credentials
  /** The authority in PEM. */
  readonly authorities: string
}

export async function createIdentity(
  names: readonly string[],
  options: Parameters<typeof createLeaf>[0] = {},
): Promise<Identity> {
  const authority = await createAuthority()
  const made = await credentials(await createLeaf({ names, ...options }, authority), [])
  const authorities = (await credentials(authority)).cert
  return { credentials: made, authorities }
}

export const OPPORTUNISTIC: ServerAuthentication = { name: undefined, pins: [], authorities: undefined }

export interface TlsContext {
  readonly query: Message
  readonly octets: Uint8Array
  readonly socket: TLSSocket
  send(octets: Uint8Array): void
}

abstract class Listening<S extends Server | Http2SecureServer> implements AsyncDisposable {
  readonly server: S
  /** Connections whose handshake was completed. */
  connections = 0
  /** Of those, resumed ones. */
  resumed = 0
  readonly #sockets = new Set<Socket>()

  protected constructor(server: S) {
    this.server = server
    const listening: Server = server as Server
    listening.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => undefined)
    })
    listening.on('secureConnection', (socket) => {
      this.connections++
      if (socket.isSessionReused()) this.resumed++
      socket.on('error', () => undefined)
    })
    listening.on('tlsClientError', () => undefined)
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  get openConnections(): number {
    return this.#sockets.size
  }

  /** Ends all connections. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hangUp()
    await new Promise<void>((resolve) => this.server.close(() => resolve()))
  }
}

export class FakeTlsServer extends Listening<Server> {
  /** The name in the handshake and the protocol agreed on, of each connection. */
  readonly handshakes: { readonly name: string | false; readonly protocol: string | false | null }[] = []

  static async start(
    { credentials: { key, cert } }: Identity,
    handler: (context: TlsContext) => void,
    protocols: readonly string[] | undefined = ['dot'],
  ): Promise<FakeTlsServer> {
    const server = createServer({ key, cert, ...(protocols.length > 0 && { ALPNProtocols: [...protocols] }) })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new FakeTlsServer(server, handler)
  }

  private constructor(server: Server, handler: (context: TlsContext) => void) {
    super(server)
    server.on('secureConnection', (socket) => {
      this.handshakes.push({
        name: (socket as { servername?: string | false }).servername ?? false,
        protocol: socket.alpnProtocol,
      })
      const frames = new FrameReader()
      socket.on('data', (chunk: Uint8Array) => {
        for (const octets of frames.push(chunk)) {
          handler({ query: parseMessage(octets), octets, socket, send: (answer) => socket.write(frame(answer)) })
        }
      })
    })
  }
}

export interface HttpsContext {
  readonly query: Message
  readonly octets: Uint8Array
  readonly headers: IncomingHttpHeaders
  readonly stream: ServerHttp2Stream
  /** Answers with status 200 and the right type, but for what `headers` says. */
  send(octets: Uint8Array, headers?: Record<string, string | number>): void
}

export class FakeHttpsServer extends Listening<Http2SecureServer> {
  static async start(
    { credentials: { key, cert } }: Identity,
    handler: (context: HttpsContext) => void,
  ): Promise<FakeHttpsServer> {
    const server = createSecureServer({ key, cert })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new FakeHttpsServer(server, handler)
  }

  private constructor(server: Http2SecureServer, handler: (context: HttpsContext) => void) {
    super(server)
    server.on('sessionError', () => undefined)
    server.on('stream', (stream, headers) => {
      stream.on('error', () => undefined)
      const chunks: Uint8Array[] = []
      stream.on('data', (chunk: Uint8Array) => chunks.push(chunk))
      stream.on('end', () => {
        if (stream.aborted) return
        const octets = Buffer.concat(chunks)
        const send: HttpsContext['send'] = (answer, more = {}) => {
          if (stream.destroyed) return
          stream.respond({ ':status': 200, 'content-type': 'application/dns-message', ...more })
          stream.end(answer)
        }
        handler({ query: parseMessage(octets), octets, headers, stream, send })
      })
    })
  }
}
