import { beforeAll, describe, expect, it } from 'vitest'
import { readPemCertificates } from '../../src/dane/pem.ts'
import { DanelawError } from '../../src/errors.ts'
import { createAuthority, createLeaf, credentials } from '../lab/certificates.ts'

let leaf: Buffer
let authority: Buffer
let pem: string
let key: string

beforeAll(async () => {
  const issuer = await createAuthority()
  const made = await credentials(await createLeaf({ names: ['mx.example.com'] }, issuer))
  ;[leaf, authority] = made.chain as [Buffer, Buffer]
  pem = made.cert
  key = made.key
})

const octets = (certificates: readonly Uint8Array[]) => certificates.map((der) => Buffer.from(der).toString('hex'))
const expected = () => octets([leaf, authority])

describe('certificates', () => {
  it('in the order of the file', () => {
    expect(octets(readPemCertificates(pem, 'chain.pem'))).toEqual(expected())
  })

  it.each([
    ['lines that end in CR LF', (text: string) => text.replaceAll('\n', '\r\n')],
    ['text around the blocks', (text: string) => `subject: CN=x\n\n${text}\nthe end`],
    ['a byte order mark', (text: string) => `\ufeff${text}`],
    ['no final newline', (text: string) => text.trimEnd()],
    ['blanks at the ends of lines', (text: string) => text.replaceAll('\n', '  \n')],
    ['a private key beside them', (text: string) => `${key}${text}`],
    ['the older label', (text: string) => text.replaceAll(' CERTIFICATE', ' X509 CERTIFICATE')],
    ['all base64 on one line', (text: string) => text.replaceAll(/(?<=[A-Za-z0-9+/=])\n(?=[A-Za-z0-9+/])/g, '')],
  ])('%s', (_, change) => {
    expect(octets(readPemCertificates(change(pem), 'chain.pem'))).toEqual(expected())
  })
})

describe('refused with file and line', () => {
  it.each([
    ['nothing', () => '', 'chain.pem: holds no certificate'],
    ['text', () => 'hello\n', 'chain.pem: holds no certificate'],
    ['a private key alone', () => key, 'chain.pem: holds a private key and no certificate'],
    ['no END', () => pem.split('\n').slice(0, 4).join('\n'), 'chain.pem:1: no END CERTIFICATE'],
    ['END without BEGIN', () => `\n${pem.split('\n').slice(1).join('\n')}`, 'chain.pem:'],
    ['BEGIN inside a block', () => `-----BEGIN CERTIFICATE-----\n${pem}`, 'chain.pem:2: a new block begins'],
    ['another END', () => pem.replace('END CERTIFICATE', 'END X'), 'END X where END CERTIFICATE is due'],
    ['a wrong letter', () => pem.replace('\nMI', '\nM*'), "chain.pem:2: the certificate is not base64, at '*'"],
    ['a letter lost', () => pem.replace('\nMI', '\nM'), 'chain.pem:1: the base64 of the certificate is cut short'],
    [
      'padding inside',
      () => pem.replace('\nMIIB', '\nMI=='),
      'chain.pem:1: the base64 of the certificate is cut short',
    ],
    ['an empty block', () => '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n', 'cut short'],
    ['other octets', () => block(Buffer.from('hello, world')), 'chain.pem:1: not a certificate'],
    ['octets at the end', () => block(Buffer.concat([leaf, Buffer.of(0)])), 'chain.pem:1: not a certificate'],
    ['too large', () => block(Buffer.alloc(70_000)), 'above the limit of 65536 octets'],
  ])('%s', (_, text, message) => {
    let error: unknown
    try {
      readPemCertificates(text(), 'chain.pem')
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(DanelawError)
    expect(error).toMatchObject({ code: 'bad-certificate', place: { file: 'chain.pem' } })
    expect((error as Error).message).toContain(message)
  })
})

function block(der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g)!
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
