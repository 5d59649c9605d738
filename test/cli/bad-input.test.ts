import { existsSync } from 'node:fs'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { file, temporaryFolder } from './files.ts'
import { invoke } from './invoke.ts'

const folder = temporaryFolder()
const missing = join(folder, 'missing')
const zone = file(
  folder,
  'example.zone',
  'example. 3600 IN SOA ns.example. host.example. 1 2 3 4 5\nexample. 3600 IN A 192.0.2.1\n',
)
const brokenZone = file(
  folder,
  'broken.zone',
  'example. 3600 IN SOA ns.example. host.example. 1 2 3 4 5\nexample. 3600 IN A 192.0.2.256\n',
)
const brokenRecording = file(folder, 'broken.jsonl', '{"time":"2026-11-21T00:00:00Z"}\n')
const brokenChain = file(folder, 'chain.hex', 'c0ffee00')
const empty = file(folder, 'empty', '')
const brokenAnchor = file(folder, 'broken.ds', '. IN DS 20326 8 2 e06d44\n')
const brokenXml = file(folder, 'anchors.xml', '<TrustAnchor id="a" source="b">\n<Zone>.</Zone>\n</TrustAnchor>\n')
const noAnchor = file(folder, 'comments.ds', '; nothing\n')
const brokenPem = file(folder, 'broken.pem', '-----BEGIN CERTIFICATE-----\nMIIB\n*\n-----END CERTIFICATE-----\n')
const keyPem = file(folder, 'key.pem', '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n')
const der = file(folder, 'certificate.der', Uint8Array.of(0x30, 0x82, 0xff, 0xfe))
const dane = ['--tlsa', '3 1 1 00', '--name', 'mx.example']
const envelope = ['--from', 'a@example.org', '--to', 'b@example.com']
const offline = ['--fixture', zone]

/** What is wrong · the arguments · the code in JSON · what stands on the first line of stderr · the hint. */
type Case = readonly [
  what: string,
  argv: readonly string[],
  code: string,
  line: string,
  hint: string | RegExp | undefined,
]
const CASES: readonly (readonly [string, readonly string[], string, string, (string | RegExp)?])[] = [
  ['no command', [], 'usage', 'no command given', /--help/],
  ['an unknown command', ['chekc'], 'usage', "unknown command 'chekc'", 'did you mean danelaw check?'],
  ['an unknown option in front', ['--frob'], 'usage', "unknown option '--frob'", /--help/],
  [
    'a command of another version',
    ['serve'],
    'usage',
    "the command 'serve' is not available in this version",
    /--help/,
  ],
  [
    'an update from nowhere',
    ['anchors', 'update'],
    'usage',
    'danelaw anchors update needs --from and --output, or --anchor-state',
    /--help/,
  ],
  ['an unknown action', ['anchors', 'shw'], 'usage', "unknown action 'shw' of danelaw anchors", 'did you mean show?'],
  [
    'an unknown option',
    ['query', 'a', '--fixtrue', 'x'],
    'usage',
    "unknown option '--fixtrue' of danelaw query",
    'did you mean --fixture?',
  ],
  ['a short option', ['query', 'a', '-v'], 'usage', "unknown option '-v' of danelaw query", /query --help/],
  ['an option of another command', ['query', 'a', '--require-dane'], 'usage', "unknown option '--require-dane'"],
  ['an option twice', ['query', 'a', '--at', '1', '--at', '2'], 'usage', '--at is given more than once'],
  ['an option without value', ['query', 'a', '--at'], 'usage', '--at needs a value: --at TIME'],
  ['an option in place of a value', ['query', 'a', '--at', '--no-sha1'], 'usage', '--at needs a value: --at TIME'],
  ['a flag with a value', ['query', 'a', '--no-sha1=yes'], 'usage', "--no-sha1 takes no value, and 'yes' is one"],
  ['no name', ['query', ...offline], 'usage', 'NAME is missing', /query --help/],
  ['too many arguments', ['query', 'a', 'A', 'more'], 'usage', "unexpected argument 'more'", /query --help/],
  ['a name with an empty label', ['query', 'x..y'], 'bad-name', "NAME: 'x..y' is not a domain name: it has an empty"],
  [
    'a label too long',
    ['query', 'x'.repeat(64)],
    'bad-name',
    `NAME: '${'x'.repeat(64)}' is not a domain name: a label`,
  ],
  [
    'a name with a character that no domain has',
    ['query', 'bü cher.example'],
    'bad-name',
    "NAME: 'bü cher.example' is not an internationalised domain name",
    /characters that domain names do not have/,
  ],
  ['an unknown type', ['query', 'a', 'MXX'], 'bad-type', "TYPE: 'MXX' is not an RR type", 'did you mean MX?'],
  ['a type too large', ['query', 'a', 'TYPE65536'], 'bad-type', "TYPE: 'TYPE65536' is not an RR type"],
  [
    'type before name',
    ['query', 'MX', 'example.com'],
    'bad-type',
    "TYPE: 'example.com' is not an RR type",
    /type comes last/,
  ],
  ['a type that is no question', ['query', 'a', 'OPT', ...offline], 'bad-type', 'OPT is not a type'],
  [
    'a time',
    ['query', 'a', '--at', '2024-02-30T00:00:00Z'],
    'bad-time',
    "--at: '2024-02-30T00:00:00Z' is not a time",
    /2026/,
  ],
  ['a timeout too short', ['query', 'a', '--timeout', '1'], 'usage', "--timeout: '1' is not a whole number from 10"],
  ['a timeout with a unit', ['query', 'a', '--timeout', '5s'], 'usage', "--timeout: '5s' is not a whole number"],
  [
    'an unknown engine',
    ['query', 'a', '--crypto', 'nobel'],
    'usage',
    "--crypto: 'nobel' is none of native, noble, both",
  ],
  [
    'a negative anchor without time',
    ['query', 'a', '--negative-anchor', 'x'],
    'usage',
    "--negative-anchor: 'x' is not",
  ],
  [
    'an upstream by name',
    ['query', 'a', '@dns.example'],
    'bad-address',
    "@dns.example: 'dns.example' is not an upstream",
  ],
  [
    'an upstream with a port too large',
    ['query', 'a', '@192.0.2.1:65536'],
    'bad-address',
    "@192.0.2.1:65536: '192.0.2.1:65536'",
  ],
  [
    'an upstream over HTTPS',
    ['query', 'a', '@https://dns.example:65536/q'],
    'bad-address',
    '@https://dns.example:65536/q: ',
  ],
  [
    'too many upstreams',
    ['query', 'a', ...Array(65).fill('@192.0.2.1')],
    'usage',
    '65 upstreams, where 64 is the limit',
  ],
  ['upstream and fixture', ['query', 'a', '@192.0.2.1', ...offline], 'usage', '--fixture and @192.0.2.1 exclude'],
  ['a missing fixture', ['query', 'a', '--fixture', missing], 'file', `${missing}: `],
  ['an empty fixture', ['query', 'a', '--fixture', empty], 'bad-fixture', `${empty}: `],
  ['a broken zone', ['query', 'a', '--fixture', brokenZone], 'bad-record', `${brokenZone}:2:`],
  ['a broken recording', ['query', 'a', '--fixture', brokenRecording], 'bad-fixture', `${brokenRecording}:1: `],
  ['a broken chain', ['query', 'a', '--fixture', brokenChain], 'bad-fixture', `${brokenChain} at octet `],
  ['a missing anchor', ['query', 'a', ...offline, '--anchor', missing], 'file', `${missing}: does not exist`],
  ['a folder as anchor', ['query', 'a', ...offline, '--anchor', folder], 'file', `${folder}: is a directory`],
  ['a broken anchor', ['query', 'a', ...offline, '--anchor', brokenAnchor], 'bad-anchor', `${brokenAnchor}:1:`],
  ['a broken anchor document', ['query', 'a', ...offline, '--anchor', brokenXml], 'bad-anchor', `${brokenXml}:1: `],
  ['no anchor in a file', ['anchors', '--anchor', noAnchor], 'bad-anchor', `${noAnchor}: there is no trust anchor`],
  ['a folder as recording', ['query', 'a', ...offline, '--record', folder], 'file', `${folder}: cannot write`],
  ['no chain', ['verify', ...dane], 'usage', '--chain PEM is missing'],
  [
    'no TLSA record',
    ['verify', '--chain', keyPem, '--name', 'a'],
    'usage',
    "--tlsa 'USAGE SELECTOR MTYPE HEX' is missing",
  ],
  ['a missing PEM file', ['verify', '--chain', missing, ...dane], 'file', `${missing}: does not exist`],
  ['a folder as PEM file', ['verify', '--chain', folder, ...dane], 'file', `${folder}: is a directory`],
  ['a broken PEM file', ['verify', '--chain', brokenPem, ...dane], 'bad-certificate', `${brokenPem}:3: `],
  [
    'a PEM file with a key',
    ['verify', '--chain', keyPem, ...dane],
    'bad-certificate',
    `${keyPem}: holds a private key`,
    /private key/,
  ],
  [
    'a certificate in DER',
    ['verify', '--chain', der, ...dane],
    'bad-certificate',
    `${der}: is not PEM`,
    /openssl x509/,
  ],
  [
    'a TLSA record cut short',
    ['verify', '--chain', keyPem, '--tlsa', '3 1', '--name', 'a'],
    'bad-tlsa',
    '--tlsa: the matching',
    /USAGE/,
  ],
  [
    'a TLSA record with other digits',
    ['verify', '--chain', keyPem, '--tlsa', '3 1 1 0g', '--name', 'a'],
    'bad-tlsa',
    "--tlsa: the certificate association data holds 'g'",
  ],
  [
    'a usage too large',
    ['verify', '--chain', keyPem, '--tlsa', '256 1 1 00', '--name', 'a'],
    'bad-tlsa',
    '--tlsa: the certificate usage',
  ],
  [
    'a reference name',
    ['verify', '--chain', keyPem, '--tlsa', '3 1 1 00', '--name', 'a..b'],
    'bad-name',
    "--name: 'a..b'",
  ],
  ['a domain', ['check', 'a..b', ...offline], 'bad-name', "DOMAIN: 'a..b' is not a domain name"],
  ['a next hop', ['check', '[a:b', ...offline], 'bad-address', "DOMAIN: '[a:b' is not a next hop", /\[host\]/],
  ['a port', ['check', 'a', '--port', '0'], 'usage', "--port: '0' is not a whole number from 1 to 65535"],
  ['no sender', ['send', '--to', 'b@example.com'], 'usage', '--from ADDR is missing'],
  ['no recipient', ['send', '--from', 'a@example.org'], 'usage', '--to ADDR is missing'],
  [
    'a sender',
    ['send', '--from', 'a', '--to', 'b@c'],
    'bad-mailbox',
    "--from: 'a' is not a mail address: it has no '@'",
  ],
  ['a recipient with a line feed', ['send', '--from', 'a@b', '--to', 'b@c\nDATA'], 'bad-mailbox', '--to: '],
  ['a recipient in brackets', ['send', '--from', 'a@b', '--to', '<b@c>'], 'bad-mailbox', "--to: '<b@c>' is not"],
  [
    'a name to greet with',
    ['send', ...envelope, '--ehlo', 'a b'],
    'usage',
    "--ehlo: 'a b' is no name to greet a host with",
    /brackets/,
  ],
]

describe('bad input', () => {
  test.each(CASES.map(([what, argv, code, line, hint]): Case => [what, argv, code, line, hint]))(
    '%s',
    async (_what, argv, code, line, hint) => {
      const { status, stdout, stderr } = await invoke(argv)
      expect({ status, stdout }).toEqual({ status: 64, stdout: '' })
      const [first = '', second, ...more] = stderr.split('\n')
      expect(first.startsWith(`danelaw: ${line}`), first).toBe(true)
      if (typeof hint === 'string') expect(second).toBe(`hint: ${hint}`)
      if (hint instanceof RegExp) expect(second).toMatch(hint)
      if (second !== '') expect(second).toMatch(/^hint: [^\n]+$/)
      expect(more).toEqual(second === '' ? [] : [''])

      const json = await invoke([...argv, '--json'])
      expect(json.status).toBe(64)
      expect(json.stderr).toBe(stderr)
      expect(JSON.parse(json.stdout)).toEqual({ error: { code, message: first.slice('danelaw: '.length) } })
    },
  )

  test('a recording that cannot be used is not begun', async () => {
    const record = join(folder, 'never.jsonl')
    await invoke(['query', 'a..b', ...offline, '--record', record])
    await invoke(['query', 'a', '--fixture', missing, '--record', record])
    await invoke(['query', 'a', ...offline, '--anchor', brokenAnchor, '--record', record])
    expect(existsSync(record)).toBe(false)
  })
})

describe('a message', () => {
  test.each([
    ['nothing', '', 'standard input:1: the message is empty'],
    ['no header', 'Hello\n\nWorld\n', 'standard input:1: the message does not start with a header field'],
    ['a bare LF', 'A: b\r\nC: d\n\r\n', 'standard input:2: a bare LF'],
    ['a NUL', 'A: b\n\n\0\n', 'standard input:3: a NUL'],
  ])('with %s is no message: 65', async (_what, stdin, line) => {
    const { status, stdout, stderr } = await invoke(['send', ...envelope, ...offline, '--json'], { stdin })
    expect(status).toBe(65)
    expect(stderr.startsWith(`danelaw: ${line}`), stderr).toBe(true)
    expect(JSON.parse(stdout).error.code).toBe('bad-message')
  })
})

test('a closed port is no answer: indeterminate, with one line that names it', async () => {
  const port = await closedPort()
  const { status, stdout, stderr } = await invoke(['query', 'example.com', 'MX', `@127.0.0.1:${port}`, '--json'])
  expect(status).toBe(4)
  expect(JSON.parse(stdout)).toMatchObject({ status: 'indeterminate', answer: [] })
  expect(stderr).toMatch(
    new RegExp(`^danelaw: [^\\n]*example\\.com\\. MX[^\\n]*127\\.0\\.0\\.1:${port}[^\\n]*refused\\n$`),
  )
})

test('what would control a terminal is shown as an escape', async () => {
  const { stderr } = await invoke(['\u001b[2J\u202e'])
  expect(stderr).toBe("danelaw: unknown command '\\x1b[2J\\u{202e}'\nhint: danelaw --help lists the commands\n")
})

test('an interruption is no internal error: 130', async () => {
  const controller = new AbortController()
  controller.abort()
  const { status, stderr } = await invoke(['query', 'example', ...offline], { signal: controller.signal })
  expect({ status, stderr }).toEqual({ status: 130, stderr: 'danelaw: interrupted\n' })
})

/** One that was free a moment ago. */
async function closedPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}
