import type { ConnectionOptions, ConnectionReport } from './connection-types.ts'
import { LiveConnection } from './live-connection.ts'
import { race } from './race.ts'
import { Session, type SessionOptions } from './session.ts'
import type { Approval } from './session-types.ts'

/**
 * Connects to a host, to the first of its addresses that answers, and holds the conversation; or goes on with one that
 * waits in the pool. Everything the network does is in the report; a rejection is what `approve` threw, and then the
 * connection is gone. No TLS session is resumed (RFC 7672 section 2.2: every connection is verified anew).
 *
 * A connection from the pool that turns out to be dead costs a new one, not the mail: as long as the server has not
 * answered anything that was said of the mail, none of it can have been taken.
 *
 * @throws {TypeError | RangeError} that names what in `talk` is not what it should be.
 */
export async function converse<A extends Approval>(
  talk: SessionOptions,
  options: ConnectionOptions<A>,
): Promise<ConnectionReport<A>> {
  const { addresses, port, localAddress, timeouts, signal, reuse } = options
  const session = new Session({ ...talk, stay: reuse !== undefined })
  if (reuse !== undefined && talk.mail !== undefined) {
    for (let idle = reuse.pool.take(reuse.key); idle !== undefined; idle = reuse.pool.take(reuse.key)) {
      // Nobody else puts connections in. Another level under the same key is a mistake that must not count.
      const connection = idle as LiveConnection<A>
      if (!connection.isFor(talk, options)) {
        connection.close()
        continue
      }
      const report = await connection.resume(talk.mail, options)
      const { failure, untouched } = report.session
      if (failure === null || !untouched || failure.kind === 'aborted') return report
    }
  }
  const raced = await race({ addresses, port, localAddress, connectTimeout: timeouts.connectTimeout, signal })
  return await new LiveConnection<A>(session, talk, options, raced).start()
}
