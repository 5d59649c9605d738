import { readNextHop } from '../../dane/next-hop.ts'
import { Name } from '../../wire/name.ts'

/**
 * Where a message is handed over, in place of its recipients' domains; for the function that delivers. Credentials are
 * in a file, of which the queue knows the name alone.
 */
export type QueueVia =
  | {
      readonly kind: 'relay'
      /** As `Relay` has it. */
      readonly nextHop: string
      /** TLS from the first octet on. */
      readonly implicitTls: boolean
      readonly credentialsFile: string | null
    }
  | {
      readonly kind: 'submission'
      /** The domain whose server for submission is looked for. */
      readonly domain: string
      readonly credentialsFile: string | null
    }

/** Reads what says where a message is handed over, field by field. @throws {TypeError} that names the field. */
export function readVia(value: unknown): QueueVia | null {
  if (value === null) return null
  const { kind, nextHop, implicitTls, domain, credentialsFile } = Object(value) as Record<string, unknown>
  const isFile = typeof credentialsFile === 'string' && credentialsFile !== '' && !credentialsFile.includes('\0')
  if (credentialsFile !== null && !isFile) throw new TypeError('via.credentialsFile: neither a path nor null')
  if (kind === 'relay') {
    if (typeof implicitTls !== 'boolean') throw new TypeError('via.implicitTls: neither true nor false')
    return { kind, nextHop: readable('nextHop', nextHop, readNextHop), implicitTls, credentialsFile }
  }
  if (kind === 'submission') return { kind, domain: readable('domain', domain, Name.parse), credentialsFile }
  throw new TypeError("via.kind: neither 'relay' nor 'submission'")
}

function readable(field: string, value: unknown, read: (text: string) => unknown): string {
  try {
    if (typeof value === 'string') {
      read(value)
      return value
    }
  } catch {}
  throw new TypeError(`via.${field}: is none`)
}
