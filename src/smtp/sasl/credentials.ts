/**
 * Who we are to a submission server. What is secret about it never shows: not in an inspection, not in JSON, and not in
 * an error.
 */
export class Credentials {
  readonly username: string
  readonly #secret: string
  readonly #kind: 'password' | 'token'

  private constructor(username: string, secret: string, kind: 'password' | 'token') {
    this.username = username
    this.#secret = secret
    this.#kind = kind
  }

  /**
   * A name and a password, for SCRAM-SHA-256, PLAIN and LOGIN. Both are prepared as `prepared` says.
   * @throws {TypeError} for controls, unassigned halves of characters, or nothing at all.
   */
  static password(username: string, password: string): Credentials {
    return new Credentials(prepared('username', username), prepared('password', password), 'password')
  }

  /**
   * A name and an access token of OAuth 2.0 (RFC 6750), for XOAUTH2.
   * @throws {TypeError} for a token that is none, or a name as above.
   */
  static accessToken(username: string, token: string): Credentials {
    if (typeof token !== 'string' || !/^[A-Za-z0-9._~+/-]+=*$/.test(token)) {
      throw new TypeError('token: not a bearer token (RFC 6750 section 2.1)')
    }
    return new Credentials(prepared('username', username), token, 'token')
  }

  get kind(): 'password' | 'token' {
    return this.#kind
  }

  /** For the mechanisms alone. */
  static secretOf(credentials: Credentials): string {
    return credentials.#secret
  }
}

/**
 * As the OpaqueString profile has it (RFC 8265 section 4.2), which took the place of SASLprep (RFC 4013): spaces beyond
 * US-ASCII become spaces, the whole Normalization Form C, controls are refused. Where SASLprep's NFKC differs (wide and
 * compatibility characters), servers of today have NFC or leave the octets alone; for US-ASCII all agree.
 */
function prepared(argument: string, text: string): string {
  if (typeof text !== 'string' || text === '') throw new TypeError(`${argument}: not a text of at least one character`)
  // The value itself is in no message.
  if (/[\p{Cc}\p{Cs}\p{Cn}\u2028\u2029]/u.test(text))
    throw new TypeError(`${argument}: holds a control or no character`)
  const octets = new TextEncoder().encode(text).length
  if (octets > MAX_OCTETS) throw new TypeError(`${argument}: ${octets} octets, where ${MAX_OCTETS} is the limit`)
  return text.replace(/\p{Zs}/gu, ' ').normalize('NFC')
}

/** RFC 4616 section 2: 255 for each part in common servers; tokens have more room. */
const MAX_OCTETS = 1024
