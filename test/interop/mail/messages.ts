/** Messages with what servers on the way like to change. */

/** With what servers add where it is missing. */
const HEADER = [
  'From: Sender <sender@example.net>',
  'To: anna@example.test',
  'Date: Sun, 22 Nov 2026 04:00:00 +0000',
  'Message-ID: <as-it-was-written@example.net>',
  'Subject: as it was written',
]

/** Dots at the start of lines, lines that look like those of an mbox, of all lengths, with 8 bits, and empty ones. */
export function trickyMessage(mark: string): Buffer {
  const lines = [
    ...HEADER,
    `X-Mark: ${mark}`,
    'X-Folded: one',
    '\ttwo',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    '',
    '.',
    '..',
    '.dot',
    'From here on',
    '>From here on',
    'Blanks at the end \t ',
    'Größe, 世界, \u{1f40e}',
    'x'.repeat(998),
    `.${'y'.repeat(997)}`,
    'QUIT',
    '.',
    '',
    '',
  ]
  return Buffer.from(lines.map((line) => `${line}\r\n`).join(''))
}

/** So many octets of 7 bits. */
export function largeMessage(mark: string, octets: number): Buffer {
  const head = Buffer.from(`${[...HEADER, `X-Mark: ${mark}`, '', ''].join('\r\n')}`)
  const line = Buffer.from(`${'.z'.repeat(38)}\r\n`)
  const lines = Math.ceil((octets - head.length) / line.length)
  return Buffer.concat([head, Buffer.alloc(lines * line.length, line)])
}

/** How a server stores a message that it does not change. */
export function stored(message: Buffer, lineEnd: string): Buffer {
  return lineEnd === '\r\n' ? message : Buffer.from(message.toString('latin1').replaceAll('\r\n', lineEnd), 'latin1')
}
