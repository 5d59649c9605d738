import { connect, isIPv6, type Socket, type TcpNetConnectOpts } from 'node:net'
import { SMTP_LIMITS } from '../limits.ts'

export interface RaceOptions {
  /** Of one and the same host, the best first; IPv4 or IPv6. */
  readonly addresses: readonly string[]
  readonly port: number
  readonly localAddress?: string | undefined
  /** Milliseconds for each address. */
  readonly connectTimeout: number
  readonly signal?: AbortSignal | undefined
}

/** An address that did not answer the call. */
export interface Unreached {
  readonly address: string
  /** One sentence without a final dot. */
  readonly text: string
}

export interface RaceResult {
  /** Connected, and nothing read from it; null where no address answered, or the caller wants no more of it. */
  readonly socket: Socket | null
  /** That of the socket. */
  readonly address: string | null
  /** In the order in which they failed. Who was only slower than the winner is not among them. */
  readonly unreached: readonly Unreached[]
}

/**
 * Connects to the first address of a host that answers: the families in turn, the next one as soon as one has failed
 * or has let the Connection Attempt Delay pass (RFC 8305 sections 4 and 5). The others are hung up on.
 */
export function race(options: RaceOptions, open: OpenSocket = connect): Promise<RaceResult> {
  return new Promise((resolve) => new Race(options, open, resolve).start())
}

type OpenSocket = (options: TcpNetConnectOpts) => Socket

class Race {
  readonly #options: RaceOptions
  readonly #open: OpenSocket
  readonly #resolve: (result: RaceResult) => void
  readonly #waiting: string[]
  readonly #running = new Map<Socket, NodeJS.Timeout>()
  readonly #unreached: Unreached[] = []
  #delay: NodeJS.Timeout | undefined

  constructor(options: RaceOptions, open: OpenSocket, resolve: (result: RaceResult) => void) {
    this.#options = options
    this.#open = open
    this.#resolve = resolve
    this.#waiting = inTurn(options.addresses)
  }

  start(): void {
    const { signal } = this.#options
    if (signal?.aborted === true || this.#waiting.length === 0) {
      this.#end(null, null)
      return
    }
    signal?.addEventListener('abort', this.#abort, { once: true })
    this.#next()
  }

  readonly #abort = (): void => this.#end(null, null)

  #next(): void {
    clearTimeout(this.#delay)
    const address = this.#waiting.shift()
    if (address === undefined) {
      if (this.#running.size === 0) this.#end(null, null)
      return
    }
    if (this.#waiting.length > 0) {
      this.#delay = setTimeout(() => this.#next(), SMTP_LIMITS.connectionAttemptDelay.value)
    }
    const { port, localAddress, connectTimeout } = this.#options
    const socket = this.#open({ host: address, port, ...(localAddress === undefined ? {} : { localAddress }) })
    const at = `${isIPv6(address) ? `[${address}]` : address}:${port}`
    const timer = setTimeout(() => this.#failed(socket, address, `no connection to ${at} in time`), connectTimeout)
    this.#running.set(socket, timer)
    socket.once('connect', () => {
      clearTimeout(timer)
      this.#running.delete(socket)
      this.#end(socket, address)
    })
    // It stays on the winner, so that what breaks before somebody takes over breaks nothing else.
    socket.on('error', (error) => this.#failed(socket, address, `no connection to ${at}: ${error.message}`))
  }

  #failed(socket: Socket, address: string, text: string): void {
    if (!this.#running.has(socket)) return
    this.#hangUp(socket)
    this.#unreached.push({ address, text })
    this.#next()
  }

  #hangUp(socket: Socket): void {
    clearTimeout(this.#running.get(socket))
    this.#running.delete(socket)
    socket.destroy()
  }

  #end(socket: Socket | null, address: string | null): void {
    clearTimeout(this.#delay)
    this.#waiting.length = 0
    this.#options.signal?.removeEventListener('abort', this.#abort)
    for (const slower of [...this.#running.keys()]) this.#hangUp(slower)
    this.#resolve({ socket, address, unreached: this.#unreached })
  }
}

/** Families alternate, beginning with that of the first address, so that a family without a route costs one delay. */
function inTurn(addresses: readonly string[]): string[] {
  const first = addresses.filter((address) => isIPv6(address) === isIPv6(addresses[0]!))
  const second = addresses.filter((address) => !first.includes(address))
  const ordered: string[] = []
  for (let place = 0; place < Math.max(first.length, second.length); place++) {
    if (place < first.length) ordered.push(first[place]!)
    if (place < second.length) ordered.push(second[place]!)
  }
  return ordered
}
