/** Everything between the client and the honest lab. Nothing is switched on to begin with. */
import { DnsAttacks } from './attack/dns-attacks.ts'
import { MailAttacks } from './attack/mail-attacks.ts'

export * from './attack/dns-actions.ts'

export class Attacker {
  readonly dns: DnsAttacks = new DnsAttacks()
  readonly mail: MailAttacks = new MailAttacks()

  clear(): void {
    this.dns.clear()
    this.mail.clear()
  }
}
