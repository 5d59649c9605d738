/** A web server over TLS on loopback that serves MTA-STS policies (RFC 8461), or whatever else a test wants of it. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type Certificate, type CertificateOptions, createAuthority, createLeaf, credentials } from './certificates.ts'

export type PolicyResponder = (request: IncomingMessage, response: ServerResponse) => void

export class PolicyServer {
  readonly port: number
  /** Of the authority above the certificate, in PEM. */
  readonly ca: string
  /** Every request so far: `GET https://host/path`, the host as in SNI. */
  readonly requests: string[] = []
  /** May be replaced between requests. */
  respond: PolicyResponder = serves('')
  readonly #server: Server

  /** A server with a certificate for `names`, by an authority of its own. */
  static async start(names: readonly string[], leaf: CertificateOptions = {}): Promise<PolicyServer> {
    authority ??= createAuthority({ commonName: 'Lab Web Authority' })
    const { key, cert } = await credentials(await createLeaf({ names, ...leaf }, await authority), [])
    const server = createServer({ key, cert })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new PolicyServer(server, (await credentials(await authority)).cert)
  }

  private constructor(server: Server, ca: string) {
    this.port = (server.address() as AddressInfo).port
    this.ca = ca
    this.#server = server
    server.on('request', (request, response) => {
      const { servername } = request.socket as unknown as { servername: string }
      this.requests.push(`${request.method} https://${servername}${request.url}`)
      this.respond(request, response)
    })
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

/** Answers every request with a text, as it should be. */
export function serves(text: string, headers: Readonly<Record<string, string>> = {}): PolicyResponder {
  return (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(text), ...headers })
    response.end(text)
  }
}

/** Made once: keys take time. */
let authority: Promise<Certificate> | undefined
