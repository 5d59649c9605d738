/**
 * Hands a mail to the submission server of the sender's domain, which SRV records name.
 *
 *     DANELAW_PASSWORD=… node examples/submission.mjs me@example.org you@example.com < message.eml
 *
 * Needs `npm install danelaw`. DANELAW_OPTIONS may hold options of `submit` in JSON, and of `Resolver` in
 * its field `resolver`.
 */
import { buffer } from 'node:stream/consumers'
import { Credentials, Resolver, submit } from 'danelaw'

const [from, ...to] = process.argv.slice(2)
const { DANELAW_PASSWORD: password, DANELAW_OPTIONS: options = '{}' } = process.env
if (from === undefined || to.length === 0) {
  console.error('usage: submission.mjs SENDER RECIPIENT… < MESSAGE')
  process.exit(64)
}

const { resolver: upstreams = {}, ...more } = JSON.parse(options)
const resolver = new Resolver(upstreams)
try {
  // Only a server that has proven who it is sees them.
  const credentials = password === undefined ? {} : { credentials: Credentials.password(from, password) }
  const content = await buffer(process.stdin)
  const outcomes = await submit({ from, to, content }, { ...more, resolver, ...credentials })
  for (const { address, outcome, host, verdict, text } of outcomes) {
    console.log(`${outcome} ${address} ${host ?? 'no host'} ${verdict}: ${text}`)
    if (outcome !== 'delivered') process.exitCode = outcome === 'deferred' ? 75 : 69
  }
} finally {
  await resolver.close()
}
