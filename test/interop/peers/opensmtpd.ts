import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { giveTo, privately, writeAccounts } from './namespace.ts'
import { accepts } from './ports.ts'
import { Server, until } from './program.ts'
import { count, type Listener, maildir, mailFolder, type Receiver, textOf, USERS } from './receiver.ts'
import { unpacked } from './unpacked.ts'

/** OpenSMTPD as a receiver with STARTTLS, by a newer OpenSSL than this system's, in a root directory of its own. */
export async function startOpenSmtpd(folder: string, listeners: readonly Listener[]): Promise<Receiver> {
  const { home, mail } = mailFolder(folder, 'opensmtpd')
  giveTo('mailbox', mail)
  const config = join(home, 'smtpd.conf')
  const names = [...new Set(listeners.flatMap(({ byName = {} }) => Object.keys(byName)))]
  const pki = (name: string, { file, keyFile }: Listener['certificate']): string =>
    `pki "${name}" cert "${file}"\npki "${name}" key "${keyFile}"`
  const lines = listeners.map((listener, index) => {
    const { port, protocol, byName = {} } = listener
    const pkis = [`port-${index}`, ...Object.keys(byName)].map((name) => ` pki "${name}"`).join('')
    const only = protocol === undefined ? '' : ` protocols "${protocol}"`
    return `listen on 127.0.0.1 port ${port} tls${pkis} hostname "mx.opensmtpd.test"${only}`
  })
  const mailboxes = Object.keys(USERS).map((local) => `"${local}" = "mailbox"`)
  writeFileSync(
    config,
    `${listeners.map(({ certificate }, index) => pki(`port-${index}`, certificate)).join('\n')}
${names.map((name) => pki(name, listeners.find(({ byName }) => byName?.[name])!.byName![name]!)).join('\n')}
smtp max-message-size ${Math.max(...listeners.map(({ sizeLimit }) => sizeLimit ?? 52_428_800))}
${lines.join('\n')}
action "mailbox" maildir "${mail}/%{rcpt.user}" virtual { ${mailboxes.join(', ')} }
match from any for any action "mailbox"
`,
  )
  const log = join(home, 'smtpd.log')
  const root = join(home, 'root')
  mkdirSync(root)
  const { passwd, group } = writeAccounts(home)
  const system = unpacked('trixie', 'usr')
  const server = new Server(
    'unshare',
    privately(
      [
        `cd ${root}; mount -t tmpfs -o mode=755 none .; cd ${root}`,
        'mkdir -p usr etc/ssl/certs run dev home/mailbox var/lib/opensmtpd/empty',
        'mkdir -p -m 711 var/spool/smtpd',
        'ln -s ../run var/run',
        'for part in bin sbin lib lib64; do ln -s usr/$part $part; done',
        `mkdir -p .${folder}`,
        `mount --bind ${system} usr`,
        'mount --bind /dev dev',
        `mount --bind ${folder} .${folder}`,
        `cp ${passwd} ${group} /etc/hosts etc`,
        // It wants authorities and name servers at its start and asks neither.
        `cp ${listeners[0]!.certificate.file} etc/ssl/certs/ca-certificates.crt`,
        'echo nameserver 127.0.0.1 > etc/resolv.conf',
      ],
      ['chroot', root, '/usr/sbin/smtpd', '-d', '-T', 'smtp', '-f', config],
    ),
    log,
  )
  await until(server, () => accepts(listeners.at(-1)!.port))
  return {
    log: () => textOf(log),
    mails: () => count(textOf(log), /<<< MAIL /g),
    lineEnd: '\n',
    messages: (user) => maildir(join(mail, USERS[user] ?? user)),
    stop: () => server.stop(),
  }
}
