/** What a client sends, cut into command lines and message content. */

/** Commands as received; `MAIL FROM:<…>` and `RCPT TO:<…>` with their parameters. */
export interface Envelope {
  readonly from: string
  readonly to: readonly string[]
}

interface Receiver {
  /** A command without its CRLF. */
  readonly line: (line: string) => void
  /** Content of DATA, whole and without its dots (`command` is `.`), or all of BDAT up to this `command`. */
  readonly data: (data: Buffer, command: string) => void
}

export class MailInput {
  readonly #receiver: Receiver
  #held: Buffer = Buffer.alloc(0)
  /** `waiting`: what comes next depends on the reply to DATA or STARTTLS. */
  #mode: 'command' | 'waiting' | 'dots' | 'chunk' = 'command'
  #chunk = { command: '', octets: 0 }
  #content: Buffer = Buffer.alloc(0)

  constructor(receiver: Receiver) {
    this.#receiver = receiver
  }

  push(octets: Buffer): void {
    this.#held = Buffer.concat([this.#held, octets])
    while (this.#take()) {}
  }

  /** After DATA or STARTTLS: content follows, or further commands. */
  proceed(mode: 'command' | 'dots'): void {
    this.#mode = mode
    while (this.#take()) {}
  }

  #take(): boolean {
    if (this.#mode === 'chunk') return this.#takeChunk()
    if (this.#mode === 'dots') return this.#takeDots()
    return this.#mode === 'command' && this.#takeLine()
  }

  #takeLine(): boolean {
    const end = this.#held.indexOf('\r\n')
    if (end < 0) return false
    const line = this.#held.subarray(0, end).toString('latin1')
    this.#held = this.#held.subarray(end + 2)
    const chunk = /^BDAT (\d+)( LAST)?$/i.exec(line)
    if (chunk !== null) {
      this.#chunk = { command: line, octets: Number(chunk[1]) }
      this.#mode = 'chunk'
      return true
    }
    if (/^(DATA|STARTTLS)$/i.test(line)) this.#mode = 'waiting'
    this.#receiver.line(line)
    return true
  }

  #takeDots(): boolean {
    const whole = Buffer.concat([CRLF, this.#held])
    const end = whole.indexOf('\r\n.\r\n')
    if (end < 0) return false
    // Content with its last CRLF; a dot doubled at the start of a line is one (RFC 5321 section 4.5.2).
    const text = whole
      .subarray(0, end + 2)
      .toString('latin1')
      .replaceAll('\r\n.', '\r\n')
      .slice(2)
    this.#held = whole.subarray(end + 5)
    this.#mode = 'command'
    this.#receiver.data(Buffer.from(text, 'latin1'), '.')
    return true
  }

  #takeChunk(): boolean {
    const { command, octets } = this.#chunk
    if (this.#held.length < octets) return false
    this.#content = Buffer.concat([this.#content, this.#held.subarray(0, octets)])
    this.#held = this.#held.subarray(octets)
    this.#mode = 'command'
    this.#receiver.data(this.#content, command)
    if (isLastChunk(command)) this.#content = Buffer.alloc(0)
    return true
  }
}

/** RFC 3030 section 2. */
export function isLastChunk(command: string): boolean {
  return / LAST$/i.test(command)
}

const CRLF = Buffer.from('\r\n')
