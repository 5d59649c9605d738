import type { Readable } from 'node:stream'

/** A mail as nodemailer hands it to a transport, as far as this one looks at it. */
export interface ComposedMail {
  readonly data: {
    readonly signal?: AbortSignal | undefined
    readonly dsn?: DsnOptions | undefined
    /** REQUIRETLS (RFC 8689): only to servers that take it and pass it on. */
    readonly requireTLSExtensionEnabled?: boolean | undefined
  }
  readonly message: {
    getEnvelope(): { readonly from?: string | false; readonly to: readonly string[] }
    messageId(): string
    createReadStream(): Readable
  }
}

/** What nodemailer takes for delivery status notifications (RFC 3461), by either of its names. */
export interface DsnOptions {
  readonly ret?: string | undefined
  readonly return?: string | undefined
  readonly envid?: string | undefined
  readonly id?: string | undefined
  readonly notify?: string | readonly string[] | undefined
  readonly orcpt?: string | undefined
  readonly recipient?: string | undefined
}
