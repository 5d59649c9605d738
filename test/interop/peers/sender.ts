/** A mail server as the judge of what a sender does: it takes mail for every domain and sends it by DANE. */
export interface Sender {
  /** Where it takes mail. */
  readonly port: number
  log(): string
  stop(): Promise<void>
}

export interface SenderOptions {
  readonly port: number
  /** Port of all mail hosts. */
  readonly hostPort: number
  /** Mail for these goes out. */
  readonly domains: readonly string[]
  /** Takes the place of /etc/resolv.conf. */
  readonly resolvConf: string
}
