import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { type Listener, type Receiver, USERS } from './receiver.ts'

/** The server of the makers of nodemailer, in this process. */
export async function startSmtpServer(_folder: string, listeners: readonly Listener[]): Promise<Receiver> {
  const arrived: { readonly user: string; readonly content: Buffer }[] = []
  const log: string[] = []
  const hooks: SMTPServerOptions = {
    onMailFrom: ({ address }, _, done) => {
      log.push(`MAIL ${address}`)
      done()
    },
    onRcptTo: ({ address }, _, done) => {
      const known = (address.split('@')[0] ?? '') in USERS
      done(known ? null : Object.assign(new Error('no such mailbox'), { responseCode: 550 }))
    },
    onData: (stream, { envelope }, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.once('end', () => {
        if (stream.sizeExceeded) return done(Object.assign(new Error('too large'), { responseCode: 552 }))
        const content = Buffer.concat(chunks)
        for (const { address } of envelope.rcptTo) arrived.push({ user: address.split('@')[0] ?? '', content })
        done()
      })
    },
    onAuth: ({ username, password, method }, _, done) => {
      log.push(`AUTH ${method}`)
      if (username === 'anna' && password === 'secret') done(null, { user: username })
      else done(new Error('wrong'))
    },
  }
  const servers = await Promise.all(
    listeners.map(async (listener) => {
      const server = new SMTPServer({
        ...hooks,
        ...tlsOptions(listener),
        authOptional: true,
        size: listener.sizeLimit,
        ...(listener.mechanisms && { authMethods: [...listener.mechanisms] }),
      })
      server.on('error', (error) => log.push(`error ${error.message}`))
      const inner = server.listen(listener.port, '127.0.0.1')
      if (!inner.listening) await once(inner, 'listening')
      return server
    }),
  )
  return {
    log: () => log.join('\n'),
    mails: () => log.filter((line) => line.startsWith('MAIL')).length,
    lineEnd: '\r\n',
    messages: (user) => arrived.filter((message) => message.user === user).map(({ content }) => content),
    stop: async () => {
      await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(resolve))))
    },
  }
}

function tlsOptions({ certificate, byName = {}, protocol, asks }: Listener): SMTPServerOptions {
  const versions: SecureContextOptions = protocol === undefined ? {} : { minVersion: protocol, maxVersion: protocol }
  const read = ({ keyFile, file }: Listener['certificate']): SecureContextOptions => ({
    key: readFileSync(keyFile),
    cert: readFileSync(file),
    ...versions,
  })
  const contexts = new Map<string, SecureContext>()
  for (const [name, special] of Object.entries(byName)) contexts.set(name, createSecureContext(read(special)))
  return {
    ...read(certificate),
    ...(contexts.size > 0 && { SNICallback: (name, done) => done(null, contexts.get(name)) }),
    ...(asks === true && { requestCert: true, rejectUnauthorized: false }),
  }
}
