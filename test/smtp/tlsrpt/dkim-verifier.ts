import { createHash, createPublicKey, verify } from 'node:crypto'

/** What a receiver makes of the DKIM signatures of a message (RFC 6376 section 6), the first first. */
export function verifyDkim(message: string, keys: Readonly<Record<string, string>>): string[] {
  const end = message.indexOf('\r\n\r\n')
  const fields = message.slice(0, end + 2).match(/[^\r\n][^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*/g) ?? []
  const body = message.slice(end + 4)
  return fields.filter((field) => nameOf(field) === 'dkim-signature').map((own) => judge(own, fields, body, keys))
}

function judge(own: string, fields: readonly string[], body: string, keys: Readonly<Record<string, string>>): string {
  const tags = readTags(own.slice(own.indexOf(':') + 1))
  const { v, a, c, d, s, h, bh, b } = tags
  if (v !== '1' || c !== 'relaxed/relaxed' || !a || !d || !s || !h || !bh || !b) return 'unreadable'
  if (tags['l'] !== undefined) return 'a length'
  if (createHash('sha256').update(canonicalBody(body)).digest('base64') !== bh) return 'another body'
  const left = [...fields]
  let data = ''
  for (const name of h.toLowerCase().split(':')) {
    const at = left.findLastIndex((field) => nameOf(field) === name)
    if (at >= 0) data += `${canonicalField(left.splice(at, 1)[0]!)}\r\n`
  }
  data += canonicalField(own.replace(/([;\s]b=)[^;]*/, '$1'))
  const record = keys[`${s}._domainkey.${d}`]
  if (record === undefined) return 'no key'
  const key = Buffer.from(readTags(record)['p'] ?? '', 'base64')
  const signature = Buffer.from(b, 'base64')
  const digest = createHash('sha256').update(data).digest()
  const good =
    a === 'ed25519-sha256'
      ? verify(
          null,
          digest,
          createPublicKey({ key: Buffer.concat([ED25519, key]), format: 'der', type: 'spki' }),
          signature,
        )
      : verify('sha256', Buffer.from(data), createPublicKey({ key, format: 'der', type: 'spki' }), signature)
  return good ? 'pass' : 'another signature'
}

function readTags(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(';').map((tag) => {
      const at = tag.indexOf('=')
      return [tag.slice(0, at).trim(), tag.slice(at + 1).replace(/\s/g, '')]
    }),
  )
}

function nameOf(field: string): string {
  return field.slice(0, field.indexOf(':')).trim().toLowerCase()
}

function canonicalField(field: string): string {
  const value = field.slice(field.indexOf(':') + 1).replaceAll('\r\n', '')
  return `${nameOf(field)}:${value
    .split(/[ \t]+/)
    .join(' ')
    .trim()}`
}

function canonicalBody(body: string): string {
  const lines = body.split('\r\n').map((line) =>
    line
      .split(/[ \t]+/)
      .join(' ')
      .replace(/ $/, ''),
  )
  while (lines.length > 0 && lines.at(-1) === '') lines.pop()
  return lines.map((line) => `${line}\r\n`).join('')
}

/** In front of a key: SubjectPublicKeyInfo of Ed25519 (RFC 8410 section 4). */
const ED25519 = Buffer.from('302a300506032b6570032100', 'hex')
