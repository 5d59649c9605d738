/** What resolvers and forwarders that danelaw asks have in common. */

/** A certificate and its key, in files. */
export interface ServerCertificate {
  readonly keyFile: string
  readonly file: string
}

/** A server on 127.0.0.1 in front of another one. */
export interface Forwarding {
  /** For UDP and TCP. */
  readonly port: number
  readonly tlsPort?: number
  readonly httpsPort?: number
  /** Where TLS or HTTPS is offered. */
  readonly certificate?: ServerCertificate
  /** Port on 127.0.0.1 of the server that is asked. */
  readonly to: number
  /** Names its files; two in one folder need two. */
  readonly label?: string
}

/** One that validates. */
export interface Validating extends Forwarding {
  /** DS records of the root; without them nothing is validated. */
  readonly anchor?: string
}
