/**
 * Sends a message from a file to a server that hashes what it gets, and prints how much memory that took; a program of
 * its own, so that nothing else is measured. Arguments: file, port, address.
 */
import { converse } from '../../src/smtp/connection.ts'
import { parseMailbox } from '../../src/smtp/address.ts'
import { Message } from '../../src/smtp/message.ts'
import { TIMEOUTS } from './timeouts.ts'

const [file = '', port = '', address = ''] = process.argv.slice(2)
const before = process.memoryUsage().rss
let most = before
const timer = setInterval(() => {
  most = Math.max(most, process.memoryUsage().rss)
}, 5)
const message = await Message.fromFile(file)
const envelope = { from: null, to: [parseMailbox('to@example.com')] }
const report = await converse(
  { level: 'encrypt', ehloName: 'client.example', mail: { envelope, message } },
  {
    addresses: [address],
    port: Number(port),
    serverName: null,
    approve: () => ({ authenticated: false, why: 'not judged here' }),
    timeouts: { ...TIMEOUTS, dataFinalTimeout: 60_000, dataBlockTimeout: 60_000 },
  },
)
clearInterval(timer)
most = Math.max(most, process.memoryUsage().rss)
const outcome = report.session.recipients[0]?.outcome
process.stdout.write(JSON.stringify({ outcome, size: message.size, grown: most - before }))
