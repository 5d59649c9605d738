/** TLS 1.3 handshakes inside this process, client and server over a pair of streams: no kernel, no network. */
import { connect, createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import { Duplex } from 'node:stream'
import { type Certificate, credentials } from '../../test/lab/certificates.ts'

/** What one handshake takes, both ends together. */
export async function handshakes(leaf: Certificate, serverName: string): Promise<() => Promise<void>> {
  const { key, cert } = await credentials(leaf)
  const context = createSecureContext({ key, cert, minVersion: 'TLSv1.3' })
  return () => handshake(context, serverName)
}

function handshake(secureContext: SecureContext, servername: string): Promise<void> {
  const [near, far] = streamPair()
  const server = new TLSSocket(far, { isServer: true, secureContext })
  return new Promise((resolve, reject) => {
    const client = connect({ socket: near, servername, rejectUnauthorized: false, minVersion: 'TLSv1.3' })
    for (const end of [client, server]) end.on('error', reject)
    client.once('secureConnect', () => {
      resolve()
      client.destroy()
      server.destroy()
    })
  })
}

/** What is written to one is read from the other. */
function streamPair(): [Duplex, Duplex] {
  const ends: Duplex[] = [0, 1].map(
    (place) =>
      new Duplex({
        read() {},
        write(chunk, _encoding, done) {
          ends[1 - place]!.push(chunk)
          done()
        },
        final(done) {
          ends[1 - place]!.push(null)
          done()
        },
      }),
  )
  return [ends[0]!, ends[1]!]
}
