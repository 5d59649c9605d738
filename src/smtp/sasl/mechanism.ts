/** One exchange by a SASL mechanism, from our side, without I/O (RFC 4422 section 3). */
export interface SaslExchange {
  /** As the registry has it. */
  readonly mechanism: string
  /** What we say first; null where the server speaks first. */
  readonly initial: Uint8Array | null
  /** The answer to a challenge; a text says why there is none, and then the exchange is to be cancelled. */
  respond(challenge: Uint8Array): Uint8Array | string
  /** Whether a server that says yes now may be believed: it has proved what the mechanism has it prove. */
  readonly complete: boolean
}
