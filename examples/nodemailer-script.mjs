/**
 * Sends one mail with nodemailer, to the mail servers of each recipient's domain, over TLS as the domain wants it.
 *
 *     node examples/nodemailer-script.mjs sender@example.org recipient@example.com …
 *
 * Needs `npm install danelaw nodemailer`. DANELAW_OPTIONS may hold options of `daneTransport` in JSON, such as
 * {"upstreams":["192.0.2.1"],"requireDane":true}.
 */
import { daneTransport } from 'danelaw/nodemailer'
import { createTransport } from 'nodemailer'

const [from, ...to] = process.argv.slice(2)
if (from === undefined || to.length === 0) {
  console.error('usage: nodemailer-script.mjs SENDER RECIPIENT…')
  process.exit(64)
}

const transport = createTransport(daneTransport(JSON.parse(process.env.DANELAW_OPTIONS ?? '{}')))
try {
  const { outcomes } = await transport.sendMail({
    from,
    to,
    subject: 'Grüße',
    text: 'A mail that no one on the way could read or change.\n',
    attachments: [{ filename: 'note.txt', content: 'attached\n' }],
  })
  report(outcomes)
} catch (error) {
  // Nobody got it. Errors have nodemailer's shape; those of a delivery have the outcomes as well.
  console.error(`${error.code}: ${error.message}`)
  report(error.outcomes ?? [])
} finally {
  await transport.close()
}

/** What became of each recipient: `verified` is the answer to whether it was the right server. */
function report(outcomes) {
  for (const { address, outcome, host, verdict, text } of outcomes) {
    console.log(`${outcome} ${address} ${host ?? 'no host'} ${verdict}: ${text}`)
    // Deferred is no loss: the policy was not met, or nobody answered. Try again later.
    if (outcome !== 'delivered') process.exitCode = outcome === 'deferred' ? 75 : 69
  }
}
