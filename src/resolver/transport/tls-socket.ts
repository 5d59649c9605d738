import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import { checkServerIdentity, connect, type TLSSocket } from 'node:tls'
import { CERTIFICATE_ERRORS } from './certificate-errors.ts'
import { type LocalAddresses, type Outcome, socketFailure } from './transport.ts'

/**
 * Who has to be at the other end of an encrypted connection (RFC 8310). With neither a name nor a pin it is whoever
 * answers: nobody who only listens can read along, and who answers in the upstream's place can.
 */
export interface ServerAuthentication {
  /** A name, or an address, that a certificate of a known authority has to be for. */
  readonly name: string | undefined
  /** SHA-256 of the server's own SubjectPublicKeyInfo in base64 (RFC 7858 section 4.2); one of them has to fit. */
  readonly pins: readonly string[]
  /** Certificates of authorities in PEM in place of those Node.js knows. */
  readonly authorities: string | undefined
}

export interface TlsTarget {
  readonly address: string
  readonly port: number
  readonly local?: LocalAddresses | undefined
  readonly authentication: ServerAuthentication
  /** The application protocol (RFC 7301), and whether the server has to have it. */
  readonly protocol: { readonly name: string; readonly required: boolean }
}

type Failure = Extract<Outcome, { kind: 'failure' }>

/**
 * Opens encrypted connections to one server. `ready` is called when the server is who it has to be: nothing may be
 * written before.
 */
export class TlsOpener {
  readonly #target: TlsTarget
  /** Of a connection that passed: who resumes it has its keys, so is the one who passed. */
  #session: Buffer | undefined

  constructor(target: TlsTarget) {
    this.#target = target
  }

  readonly open = (ready: (socket: TLSSocket) => void, failed: (failure: Failure) => void): TLSSocket => {
    const { address, port, local, authentication, protocol } = this.#target
    const localAddress = isIP(address) === 6 ? local?.ipv6 : local?.ipv4
    const { name = address, authorities } = authentication
    let passed = false
    let latest: Buffer | undefined
    const socket = connect({
      host: address,
      port,
      ...(localAddress && { localAddress }),
      ALPNProtocols: [protocol.name],
      minVersion: 'TLSv1.2',
      // Judged below, where pins can be as well.
      rejectUnauthorized: false,
      checkServerIdentity: (_, certificate) =>
        // RFC 8310 section 8.1: only names of the subjectAltName count.
        certificate.subjectaltname === undefined
          ? new Error('its certificate has no subjectAltName')
          : checkServerIdentity(name, certificate),
      ...(isIP(name) === 0 && { servername: name }),
      ...(authorities !== undefined && { ca: authorities }),
      ...(this.#session !== undefined && { session: this.#session }),
    })
    socket.setNoDelay(true)
    socket.on('error', (error) => {
      if (passed) return
      // A session that the server no longer likes must not stand in the way of the next connection.
      this.#session = undefined
      failed(socketFailure(error))
    })
    socket.on('session', (session) => {
      latest = session
      if (passed) this.#session = session
    })
    socket.once('secureConnect', () => {
      const objection = objectionTo(socket, authentication) ?? protocolObjection(socket, protocol)
      if (objection !== undefined) {
        this.#session = undefined
        return failed({ kind: 'failure', cause: 'network', detail: `is not used: ${objection}` })
      }
      passed = true
      if (latest !== undefined) this.#session = latest
      ready(socket)
    })
    return socket
  }
}

/** Why the server is not who it has to be. All that is given has to fit. */
function objectionTo(socket: TLSSocket, { name, pins }: ServerAuthentication): string | undefined {
  // It shows no certificate; only a connection that has passed gives a session to resume.
  if (socket.isSessionReused()) return undefined
  if (name !== undefined && !socket.authorized) return notAuthorized(socket.authorizationError, name)
  if (pins.length === 0) return undefined
  const pin = pinOf(socket)
  if (pin === undefined) return 'it shows no key that a pin could be compared with'
  return pins.includes(pin) ? undefined : `its key is not the one pinned but ${pin}`
}

function protocolObjection(socket: TLSSocket, protocol: TlsTarget['protocol']): string | undefined {
  if (!protocol.required || socket.alpnProtocol === protocol.name) return undefined
  return `it does not offer the protocol ${protocol.name}`
}

function pinOf(socket: TLSSocket): string | undefined {
  try {
    // Gives the certificate once on a connection, so this is the only place that asks (measured).
    const spki = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' })
    return spki && createHash('sha256').update(spki).digest('base64')
  } catch {
    // A key of an algorithm OpenSSL does not know.
    return undefined
  }
}

/** Node gives an Error, or its code, depending on what was wrong. */
function notAuthorized(error: Error | string | undefined, name: string): string {
  const code =
    typeof error === 'string' ? error : ((error as NodeJS.ErrnoException | undefined)?.code ?? error?.message)
  const said = code ?? 'unknown'
  return `its certificate does not prove that it is ${name}: ${CERTIFICATE_ERRORS.get(said) ?? said}`
}
