import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { privately } from './namespace.ts'
import { accepts } from './ports.ts'
import { program, run, Server, until } from './program.ts'
import { count, type Listener, maildir, mailFolder, type Receiver, textOf, USERS } from './receiver.ts'
import type { Sender, SenderOptions } from './sender.ts'

/** Postfix's smtpd as a receiver with STARTTLS. */
export async function startPostfix(folder: string, listeners: readonly Listener[]): Promise<Receiver> {
  const { home, mail } = mailFolder(folder, 'postfix')
  giveToPostfix(mail)
  const id = (flag: string): string => spawnSync('id', [flag, 'postfix'], { encoding: 'utf8' }).stdout.trim()
  const maps = join(home, 'mailboxes')
  writeFileSync(
    maps,
    Object.entries(USERS)
      .map(([local, box]) => `/^${local}@/ ${box}/\n`)
      .join(''),
  )
  const instance = await startInstance(home, {
    settings: `myhostname = mx.postfix.test
virtual_mailbox_domains = static:all
virtual_mailbox_base = ${mail}
virtual_mailbox_limit = 0
virtual_mailbox_maps = regexp:${maps}
virtual_minimum_uid = 1
virtual_uid_maps = static:${id('-u')}
virtual_gid_maps = static:${id('-g')}
message_size_limit = 52428800
smtpd_tls_security_level = may
smtpd_tls_received_header = yes
smtpd_tls_loglevel = 1
smtpd_recipient_restrictions = permit_auth_destination, reject
smtp_dns_support_level = disabled`,
    services: [...listeners.map(service), 'virtual unix - n n - - virtual'],
    port: listeners.at(-1)!.port,
  })
  return {
    log: instance.log,
    mails: () => count(instance.log(), /disconnect from .* mail=/g),
    lineEnd: '\n',
    messages: (user) => maildir(join(mail, USERS[user] ?? user)),
    stop: instance.stop,
  }
}

function service({ port, certificate, byName = {}, protocol, asks, sizeLimit }: Listener): string {
  const names = Object.entries(byName).map(([name, { keyFile, file }]) => `${name} = ${keyFile}, ${file}`)
  const options = [
    ['smtpd_tls_chain_files', `${certificate.keyFile},${certificate.file}`],
    ...(protocol === undefined ? [] : [['smtpd_tls_protocols', `>=${protocol},<=${protocol}`]]),
    ...(names.length === 0
      ? []
      : [['tls_server_sni_maps', `inline:{ ${names.map((name) => `{ ${name} }`).join(' ')} }`]]),
    ...(asks === true ? [['smtpd_tls_ask_ccert', 'yes']] : []),
    ...(sizeLimit === undefined ? [] : [['message_size_limit', `${sizeLimit}`]]),
  ]
  const lines = options.map(([name, value]) => `  -o { ${name} = ${value} }`)
  return [`127.0.0.1:${port} inet n - n - - smtpd`, ...lines].join('\n')
}

/** Postfix as the judge of what a sender does: it takes mail for every domain and sends it by DANE. */
export async function startPostfixSender(folder: string, options: SenderOptions): Promise<Sender> {
  const { home } = mailFolder(folder, 'sender')
  const transport = join(home, 'transport')
  writeFileSync(transport, options.domains.map((domain) => `${domain} smtp:${domain}:${options.hostPort}\n`).join(''))
  const { log, stop } = await startInstance(home, {
    settings: `myhostname = sender.test
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions = permit_mynetworks, reject
transport_maps = texthash:${transport}
relay_domains =
smtp_dns_support_level = dnssec
smtp_host_lookup = dns
smtp_tls_security_level = dane
smtp_tls_loglevel = 1
smtp_connect_timeout = 5s
smtp_starttls_timeout = 5s
bounce_queue_lifetime = 1d
maximal_queue_lifetime = 1d
soft_bounce = no`,
    services: [
      `127.0.0.1:${options.port} inet n - n - - smtpd`,
      'smtp unix - - n - - smtp',
      'relay unix - - n - - smtp',
      'retry unix - - n - - error',
      'discard unix - - n - - discard',
    ],
    port: options.port,
    mounts: [`mount --bind ${options.resolvConf} /etc/resolv.conf`],
  })
  return { port: options.port, log, stop }
}

interface Instance {
  readonly settings: string
  readonly services: readonly string[]
  /** Accepts when it is ready. */
  readonly port: number
  readonly mounts?: readonly string[]
}

async function startInstance(home: string, instance: Instance): Promise<Pick<Receiver, 'log' | 'stop'>> {
  const config = join(home, 'config')
  const maillog = join(home, 'maillog')
  for (const part of ['config', 'queue', 'data']) mkdirSync(join(home, part), { recursive: true })
  giveToPostfix(join(home, 'data'))
  writeFileSync(
    join(config, 'main.cf'),
    `compatibility_level = 3.6
queue_directory = ${join(home, 'queue')}
data_directory = ${join(home, 'data')}
maillog_file = ${maillog}
maillog_file_prefixes = ${home}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
alias_maps =
local_recipient_maps =
${instance.settings}
`,
  )
  writeFileSync(join(config, 'master.cf'), [...instance.services, SERVICES].join('\n'))
  const postfix = program('postfix')
  const server = new Server(
    'unshare',
    privately(instance.mounts ?? [], [postfix, '-c', config, 'start-fg']),
    join(home, 'postfix.log'),
  )
  await until(server, () => accepts(instance.port))
  return {
    log: () => textOf(maillog),
    stop: async () => {
      // Its services are in process groups of their own: it has to end them itself.
      run('postfix', ['-c', config, 'stop'])
      await server.stop()
    },
  }
}

function giveToPostfix(path: string): void {
  spawnSync('chown', ['postfix', path])
}

const SERVICES = `pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
`
