import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accepts } from './ports.ts'
import { program, run, Server, until } from './program.ts'

export interface PostfixOptions {
  readonly port: number
  readonly hostname: string
  /** Mail for `user@domain` goes into the file `user`. */
  readonly domain: string
  readonly user: string
  readonly keyFile: string
  readonly certificateFile: string
}

export interface Postfix {
  readonly server: Server
  /** What has arrived so far. */
  mailbox(): string
  stop(): Promise<void>
}

/** Postfix's smtpd as a receiver with STARTTLS. */
export async function startPostfix(folder: string, options: PostfixOptions): Promise<Postfix> {
  const config = join(folder, 'config')
  const mail = join(folder, 'mail')
  for (const part of ['config', 'queue', 'data', 'mail']) mkdirSync(join(folder, part), { recursive: true })
  // The folder of a test is private to root; Postfix's own account must be able to walk through it.
  chmodSync(folder, 0o755)
  const id = (flag: string) => spawnSync('id', [flag, 'postfix'], { encoding: 'utf8' }).stdout.trim()
  for (const part of ['data', 'mail']) spawnSync('chown', ['postfix', join(folder, part)])
  writeFileSync(
    join(config, 'main.cf'),
    `compatibility_level = 3.6
queue_directory = ${join(folder, 'queue')}
data_directory = ${join(folder, 'data')}
maillog_file = ${join(folder, 'maillog')}
maillog_file_prefixes = ${folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = ${options.hostname}
mydestination =
alias_maps =
virtual_mailbox_domains = ${options.domain}
virtual_mailbox_base = ${mail}
virtual_mailbox_maps = inline:{ { ${options.user}@${options.domain} = ${options.user} } }
virtual_minimum_uid = 1
virtual_uid_maps = static:${id('-u')}
virtual_gid_maps = static:${id('-g')}
smtpd_tls_security_level = may
smtpd_tls_key_file = ${options.keyFile}
smtpd_tls_cert_file = ${options.certificateFile}
smtpd_tls_received_header = yes
smtpd_tls_loglevel = 1
smtpd_recipient_restrictions = permit_auth_destination, reject
smtp_dns_support_level = disabled
`,
  )
  writeFileSync(
    join(config, 'master.cf'),
    `127.0.0.1:${options.port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
virtual unix - n n - - virtual
error unix - - n - - error
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
`,
  )
  program('postfix')
  const server = new Server('postfix', ['-c', config, 'start-fg'], join(folder, 'postfix.log'))
  await until(server, () => accepts(options.port))
  return {
    server,
    mailbox: () => {
      try {
        return readFileSync(join(mail, options.user), 'utf8')
      } catch {
        return ''
      }
    },
    stop: async () => {
      // Its services are in process groups of their own: it has to end them itself.
      run('postfix', ['-c', config, 'stop'])
      await server.stop()
    },
  }
}
