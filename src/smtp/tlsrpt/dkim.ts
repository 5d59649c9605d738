import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { DanelawError } from '../../errors.ts'
import { isHostName } from '../ehlo-name.ts'

/** Signs mail for one domain (RFC 6376), by RSA (RFC 8301) or Ed25519 (RFC 8463). */
export interface DkimSigner {
  readonly domain: string
  readonly selector: string
  readonly key: KeyObject
}

/**
 * @param pem a private key in PEM: PKCS #8, or PKCS #1 for RSA
 * @throws {DanelawError} `bad-config` where it is no key for DKIM
 * @throws {TypeError} that names the option
 */
export function dkimSigner(domain: string, selector: string, pem: string): DkimSigner {
  if (!isHostName(domain)) throw new TypeError(`domain: '${domain}' is not a domain`)
  if (!isHostName(selector)) throw new TypeError(`selector: '${selector}' is not a selector`)
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch (error) {
    throw new DanelawError('bad-config', 'no private key in PEM, without a passphrase', { cause: error })
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  const sound = key.asymmetricKeyType === 'ed25519' || (key.asymmetricKeyType === 'rsa' && bits >= 1024)
  if (!sound) {
    // RFC 8301 section 3.2.
    const what = key.asymmetricKeyType === 'rsa' ? `an RSA key of ${bits} bits` : `a key of ${key.asymmetricKeyType}`
    throw new DanelawError('bad-config', `${what} does not sign mail`, {
      hint: 'RSA keys have 1024 bits or more, better 2048; or take Ed25519',
    })
  }
  return { domain: domain.toLowerCase(), selector, key }
}

/** One header field: its name, and what stands behind the colon, folded or not, without the final line end. */
export type HeaderField = readonly [name: string, value: string]

/**
 * The field DKIM-Signature to be put in front of a message: `relaxed/relaxed`, over the fields named and the whole
 * body.
 * @param body as it is sent, with CRLF
 * @param signed in lower case; each once more than it is there, so that nobody can add one (RFC 6376 section 5.4.2)
 * @param at Unix seconds
 */
export function dkimSignature(
  { domain, selector, key }: DkimSigner,
  fields: readonly HeaderField[],
  body: string,
  signed: readonly string[],
  at: number,
): HeaderField {
  const chosen = signed.flatMap((name) => present(fields, name).reverse())
  const list = [...chosen.map(([name]) => name.toLowerCase()), ...signed]
  const algorithm = key.asymmetricKeyType === 'rsa' ? 'rsa-sha256' : 'ed25519-sha256'
  const bodyHash = createHash('sha256').update(relaxedBody(body)).digest('base64')
  const value = [
    ` v=1; a=${algorithm}; c=relaxed/relaxed; d=${domain};`,
    ` s=${selector}; t=${at};`,
    ` h=${folded(list.join(':'), ':')};`,
    ` bh=${bodyHash};`,
    ' b=',
  ].join('\r\n')
  const own: HeaderField = ['DKIM-Signature', value]
  // The signature's own field comes last, with an empty b= and without its line end (RFC 6376 section 3.7).
  const input = [...chosen.map((field) => `${relaxedField(field)}\r\n`), relaxedField(own)].join('')
  // RFC 8463 section 3: Ed25519 signs the digest as if it were the message.
  const signature =
    algorithm === 'rsa-sha256'
      ? sign('sha256', Buffer.from(input), key)
      : sign(null, createHash('sha256').update(input).digest(), key)
  return ['DKIM-Signature', value + (signature.toString('base64').match(/.{1,72}/g) ?? []).join('\r\n ')]
}

/** From the top down. */
function present(fields: readonly HeaderField[], name: string): HeaderField[] {
  return fields.filter(([given]) => given.toLowerCase() === name)
}

/** RFC 6376 section 3.4.2. */
function relaxedField([name, value]: HeaderField): string {
  const unfolded = value.replace(/\r\n/g, '').replace(/[ \t]+/g, ' ')
  return `${name.toLowerCase()}:${unfolded.trim()}`
}

/** RFC 6376 section 3.4.4. */
function relaxedBody(body: string): string {
  const text = body
    .replace(/[ \t]+/g, ' ')
    .replace(/ (?=\r\n|$)/g, '')
    .replace(/(?:\r\n)+$/, '')
  return text === '' ? '' : `${text}\r\n`
}

/** Lines of some 70 characters, broken behind a separator. */
function folded(text: string, separator: string): string {
  let line = 0
  return text
    .split(separator)
    .map((part, index, all) => {
      const piece = index < all.length - 1 ? part + separator : part
      line += piece.length
      if (line <= 70) return piece
      line = piece.length
      return `\r\n  ${piece}`
    })
    .join('')
}
