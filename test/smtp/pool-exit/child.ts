/** Sends two mails over one connection, and leaves it in a pool that nobody closes. Arguments: port, address. */
import { parseMailbox } from '../../../src/smtp/address.ts'
import { converse } from '../../../src/smtp/connection.ts'
import { Message } from '../../../src/smtp/message.ts'
import { ConnectionPool } from '../../../src/smtp/pool.ts'
import { TIMEOUTS } from '../timeouts.ts'

const [port = '', address = ''] = process.argv.slice(2)
const pool = new ConnectionPool({ idleTime: 240_000 })
const envelope = { from: null, to: [parseMailbox('to@example.com')] }
const mail = { envelope, message: Message.parse('A: b\n\nbody\n') }
for (let count = 0; count < 2; count++) {
  const report = await converse(
    { level: 'encrypt', ehloName: 'client.example', mail },
    {
      addresses: [address],
      port: Number(port),
      serverName: null,
      approve: () => ({ authenticated: false, why: 'not judged here' }),
      timeouts: TIMEOUTS,
      reuse: { pool, key: 'one' },
    },
  )
  process.stdout.write(`${report.session.recipients[0]?.outcome} ${report.reused} ${pool.size}\n`)
}
