import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { giveTo, privately, writeAccounts } from './namespace.ts'
import { accepts } from './ports.ts'
import { Server, until } from './program.ts'
import { count, type Listener, maildir, mailFolder, type Receiver, textOf, USERS } from './receiver.ts'
import type { Sender, SenderOptions } from './sender.ts'
import { unpacked } from './unpacked.ts'

/** Exim as a receiver with STARTTLS, by GnuTLS. */
export async function startExim(folder: string, listeners: readonly Listener[]): Promise<Receiver> {
  const { home, mail } = mailFolder(folder, 'exim')
  const program = programIn(home)
  const spool = join(home, 'spool')
  mkdirSync(spool)
  const users = join(home, 'users')
  writeFileSync(
    users,
    Object.entries(USERS)
      .map(([local, box]) => `${local}: ${box}\n`)
      .join(''),
  )
  // Connections are served by an account that must be able to read the keys.
  const key = (file: string): string => {
    const copy = join(home, basename(file))
    copyFileSync(file, copy)
    giveTo('Debian-exim', copy)
    return copy
  }
  giveTo('Debian-exim', home, spool, mail)
  const log = join(home, 'main.log')
  const config = join(home, 'exim.conf')
  writeFileSync(
    config,
    `exim_path = ${program}
spool_directory = ${spool}
log_file_path = ${join(home, '%s.log')}
pid_file_path = ${join(home, 'pid')}
primary_hostname = mx.exim.test
local_interfaces = <; ${listeners.map(({ port }) => `127.0.0.1.${port}`).join(' ; ')}
keep_environment =
add_environment =
host_lookup =
rfc1413_query_timeout = 0s
never_users =
tls_advertise_hosts = *
smtputf8_advertise_hosts = *
dsn_advertise_hosts = *
chunking_advertise_hosts = *
tls_certificate = ${choice(listeners, ({ file }) => file)}
tls_privatekey = ${choice(listeners, ({ keyFile }) => key(keyFile))}
tls_require_ciphers = ${byPort(listeners, ({ protocol }) => `NORMAL${protocol ? `:-VERS-ALL:+VERS-${protocol.replace('v', '')}` : ''}`)}
tls_verify_certificates = ${listeners[0]!.certificate.file}
tls_try_verify_hosts = ${byPort(listeners, ({ asks }) => (asks === true ? '*' : ''))}
message_size_limit = ${byPort(listeners, ({ sizeLimit }) => `${sizeLimit ?? 52_428_800}`, '52428800')}
acl_smtp_mail = mail
acl_smtp_rcpt = rcpt
log_selector = +all
begin acl
mail:
  accept logwrite = MAIL seen
rcpt:
  accept local_parts = lsearch;${users}
  deny message = no such mailbox
begin routers
known:
  driver = accept
  local_parts = lsearch;${users}
  transport = mailbox
begin transports
mailbox:
  driver = appendfile
  maildir_format
  directory = ${mail}/$local_part_data
  user = Debian-exim
  message_prefix =
  message_suffix =
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_advertise_condition = ${offers(listeners, 'PLAIN')}
  server_prompts = :
  server_condition = \${if and{{eq{$auth2}{anna}}{eq{$auth3}{secret}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_advertise_condition = ${offers(listeners, 'LOGIN')}
  server_prompts = Username:: : Password::
  server_condition = \${if and{{eq{$auth1}{anna}}{eq{$auth2}{secret}}}}
  server_set_id = $auth1
`,
  )
  const { passwd, group } = writeAccounts(home)
  const mounts = [`mount --bind ${passwd} /etc/passwd`, `mount --bind ${group} /etc/group`]
  const server = new Server('unshare', privately(mounts, [program, '-C', config, '-bdf']), join(home, 'exim.log'))
  await until(server, () => accepts(listeners.at(-1)!.port))
  return {
    log: () => textOf(log),
    mails: () => count(textOf(log), /MAIL seen/g),
    lineEnd: '\n',
    messages: (user) => maildir(join(mail, USERS[user] ?? user)),
    stop: () => server.stop(),
  }
}

/** Exim calls itself anew as another user, who need not get to where it was unpacked: a copy beside its spool. */
function programIn(home: string): string {
  const copy = join(home, 'exim4')
  copyFileSync(unpacked('bookworm', 'usr/sbin/exim4'), copy)
  chmodSync(copy, 0o755)
  return copy
}

/** Exim as the judge of what a sender does, by GnuTLS. */
export async function startEximSender(folder: string, options: SenderOptions): Promise<Sender> {
  const { home } = mailFolder(folder, 'exim-sender')
  const program = programIn(home)
  const spool = join(home, 'spool')
  mkdirSync(spool)
  giveTo('Debian-exim', home, spool)
  const config = join(home, 'exim.conf')
  writeFileSync(
    config,
    `exim_path = ${program}
spool_directory = ${spool}
log_file_path = ${join(home, '%s.log')}
pid_file_path = ${join(home, 'pid')}
primary_hostname = sender.test
local_interfaces = <; 127.0.0.1.${options.port}
keep_environment =
add_environment =
host_lookup =
rfc1413_query_timeout = 0s
never_users =
disable_ipv6
recipients_max = 1000
remote_max_parallel = 8
dns_dnssec_ok = 1
acl_smtp_rcpt = rcpt
log_selector = +all
begin acl
rcpt:
  accept
begin routers
remote:
  driver = dnslookup
  transport = remote
  dnssec_request_domains = *
  self = send
begin transports
remote:
  driver = smtp
  port = ${options.hostPort}
  allow_localhost
  hosts_try_dane = *
  dnssec_request_domains = *
  connect_timeout = 5s
  command_timeout = 10s
begin retry
* * F,1d,1h
`,
  )
  const { passwd, group } = writeAccounts(home)
  const mounts = [
    `mount --bind ${passwd} /etc/passwd`,
    `mount --bind ${group} /etc/group`,
    `mount --bind ${options.resolvConf} /etc/resolv.conf`,
  ]
  const server = new Server('unshare', privately(mounts, [program, '-C', config, '-bdf']), join(home, 'exim.log'))
  await until(server, () => accepts(options.port))
  return { port: options.port, log: () => textOf(join(home, 'main.log')), stop: () => server.stop() }
}

/** An expansion that depends on the port a client has connected to; mail of Exim's own has come by none. */
function byPort(listeners: readonly Listener[], value: (listener: Listener) => string, otherwise = ''): string {
  return listeners.reduceRight((other, listener) => {
    return `\${if eq{$received_port}{${listener.port}}{${value(listener)}}{${other}}}`
  }, otherwise)
}

/** The ports where a mechanism of AUTH is offered. */
function offers(listeners: readonly Listener[], mechanism: 'PLAIN' | 'LOGIN'): string {
  return byPort(listeners, ({ mechanisms }) => `${mechanisms?.includes(mechanism) ?? true}`)
}

/** The same for certificates, which may also depend on the name in SNI. */
function choice(listeners: readonly Listener[], value: (certificate: Listener['certificate']) => string): string {
  return byPort(listeners, ({ certificate, byName = {} }) =>
    Object.entries(byName).reduce(
      (other, [name, special]) => `\${if eq{$tls_in_sni}{${name}}{${value(special)}}{${other}}}`,
      value(certificate),
    ),
  )
}
