/**
 * Writes the vectors of this folder: `node test/vectors/crypto/make.mjs`, one case a file.
 *
 * Those named rfc-… are typed from the RFCs; the signed data is put together from the records printed there. The
 * others are made here, with node:crypto, @noble/curves and arithmetic on BigInt, under keys that are thrown away:
 * a second run writes other octets with the same meaning. What a vector expects is what the attack or rule in its
 * name demands, not what any engine answered.
 *
 * signatures/: algorithm, publicKey (Public Key field of DNSKEY), signature, data in base64, and what to expect:
 *   valid        the key is imported and the signature verifies
 *   invalid      the key is imported and the signature does not verify
 *   unusable     algorithm and size are supported, the key cannot be imported
 *   off-curve    as unusable; an engine may also find out only when it verifies
 *   unsupported  algorithm or size is not supported
 * digests/: digestType, data, digest in hex. nsec3/: name (wire), salt, hash in hex, iterations, blocks.
 */
import * as crypto from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { ed448 } from '@noble/curves/ed448.js'
import { ed25519, ed25519ph } from '@noble/curves/ed25519.js'
import { p256, p384 } from '@noble/curves/nist.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { shake256 } from '@noble/hashes/sha3.js'

/** The DER of DigestInfo up to the digest (RFC 8017 section 9.2 note 1). */
const DIGEST_INFO = {
  sha1: '3021300906052b0e03021a05000414',
  sha256: '3031300d060960864801650304020105000420',
  sha512: '3051300d060960864801650304020305000440',
}

const folder = import.meta.dirname ?? 'test/vectors/crypto'
for (const kind of ['signatures', 'digests', 'nsec3']) {
  rmSync(`${folder}/${kind}`, { recursive: true, force: true })
  mkdirSync(`${folder}/${kind}`)
}

fromRfcs()
rsa()
rsaForgeries()
ecdsa(13, p256, 'sha256', 32)
ecdsa(14, p384, 'sha384', 48)
ed25519Cases()
ed448Cases()
nsec3()

// --- signatures and digests printed in RFCs ---

function fromRfcs() {
  const a = (...fields) => rrsigPrefix(1, ...fields, 'example.net.')
  const rr5702 = record('www.example.net.', 1, 3600, ipv4('192.0.2.91'))
  const rr6605 = record('www.example.net.', 1, 3600, ipv4('192.0.2.1'))
  const times5702 = [time('20300101000000'), time('20000101000000')]
  rfc('rfc5702-6.1-rsasha256-512', 'RFC 5702 section 6.1', 8,
    'AwEAAcFcGsaxxdgiuuGmCkVImy4h99CqT7jwY3pexPGcnUFtR2Fh36BponcwtkZ4cAgtvd4Qs8PkxUdp6p/DlUmObdk=',
    'kRCOH6u7l0QGy9qpC9l1sLncJcOKFLJ7GhiUOibu4teYp5VE9RncriShZNz85mwlMgNEacFYK/lPtPiVYP4bwg==',
    [a(8, 3, 3600, ...times5702, 9033), rr5702])
  rfc('rfc5702-6.2-rsasha512-1024', 'RFC 5702 section 6.2', 10,
    'AwEAAdHoNTOW+et86KuJOWRDp1pndvwb6Y83nSVXXyLA3DLroROUkN6X0O6pnWnjJQujX/AyhqFDxj13tOnD9u/1kTg7cV6rklMrZDtJCQ5PCl/D7QNPsgVsMu1J2Q8gpMpztNFLpPBz1bWXjDtaR7ZQBlZ3PFY12ZTSncorffcGmhOL',
    'tsb4wnjRUDnB1BUi+t6TMTXThjVnG+eCkWqjvvjhzQL1d0YRoOe0CbxrVDYd0xDtsuJRaeUw1ep94PzEWzr0iGYgZBWm/zpq+9fOuagYJRfDqfReKBzMweOLDiNa8iP5g9vMhpuv6OPlvpXwm9Sa9ZXIbNl1MBGk0fthPgxdDLw=',
    [a(10, 3, 3600, ...times5702, 3740), rr5702])
  rfc('rfc6605-6.1-p256', 'RFC 6605 section 6.1', 13,
    'GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==',
    'qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw==',
    [a(13, 3, 3600, time('20100909100439'), time('20100812100439'), 55648), rr6605])
  rfc('rfc6605-6.2-p384', 'RFC 6605 section 6.2', 14,
    'xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8/uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40',
    '/L5hDKIvGDyI1fcARX3z65qrmPsVz73QD1Mr5CEqOiLP95hxQouuroGCeZOvzFaxsT8Glr74hbavRKayJNuydCuzWTSSPdz7wnqXL5bdcJzusdnI0RSMROxxwGipWcJm',
    [a(14, 3, 3600, time('20100909102025'), time('20100812102025'), 10771), rr6605])

  const mx = record('example.com.', 15, 3600, Buffer.concat([u16(10), wire('mail.example.com.')]))
  const times8080 = [1440021600, 1438207200]
  const printed = 'RFC 8080 section 6 as printed: signed with Labels 3, which only the signature itself shows'
  const corrected = 'RFC 8080 section 6 as corrected by erratum 4935: Labels 2'
  const mx8080 = (algorithm, labels, tag) => [rrsigPrefix(15, algorithm, labels, 3600, ...times8080, tag, 'example.com.'), mx]
  const ed1 = 'l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4='
  const ed2 = 'zPnZ/QwEe7S8C5SPz2OfS5RR40ATk2/rYnE9xHIEijs='
  rfc('rfc8080-6.1-ed25519-first', printed, 15, ed1,
    'Edk+IB9KNNWg0HAjm7FazXyrd5m3Rk8zNZbvNpAcM+eysqcUOMIjWoevFkjH5GaMWeG96GUVZu6ECKOQmemHDg==', mx8080(15, 3, 3613))
  rfc('rfc8080-6.1-ed25519-second', printed, 15, ed2,
    '5LL2obmzdqjWI+Xto5eP5adXt/T5tMhasWvwcyW4L3SzfcRawOle9bodhC+oip9ayUGjY9T/rL4rN3bOuESGDA==', mx8080(15, 3, 35217))
  rfc('rfc8080-erratum-ed25519-first', corrected, 15, ed1,
    'oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg==', mx8080(15, 2, 3613))
  rfc('rfc8080-erratum-ed25519-second', corrected, 15, ed2,
    'zXQ0bkYgQTEFyfLyi9QoiY6D8ZdYo4wyUhVioYZXFdT410QPRITQSqJSnzQoSm5poJ7gD7AQR0O7KuI5k2pcBg==', mx8080(15, 2, 35217))
  rfc('rfc8080-6.2-ed448-first', printed, 16,
    '3kgROaDjrh0H2iuixWBrc8g2EpBBLCdGzHmn+G2MpTPhpj/OiBVHHSfPodx1FYYUcJKm1MDpJtIA',
    'Nmc0rgGKpr3GKYXcB1JmqqS4NYwhmechvJTqVzt3jR+Qy/lSLFoIk1L+9e39GPL+5tVzDPN3f9kAwiu8KCuPPjtl227ayaCZtRKZuJax7n9NuYlZJIusX0SOIOKBGzG+yWYtz1/jjbzl5GGkWvREUCUA',
    mx8080(16, 3, 9713))
  rfc('rfc8080-6.2-ed448-second', printed, 16,
    'kkreGWoccSDmUBGAe7+zsbG6ZAFQp+syPmYUurBRQc3tDjeMCJcVMRDmgcNLp5HlHAMy12VoISsA',
    '+JjANio/LIzp7osmMYE5XD3H/YES8kXs5Vb9H8MjPS8OAGZMD37+LsCIcjg5ivt0d4Om/UaqETEAsJjaYe56CEQP5lhRWuD2ivBqE0zfwJTyp4WqvpULbpvaukswvv/WNEFxzEYQEIm9+xDlXj4pMAMA',
    mx8080(16, 3, 38353))
  rfc('rfc4035-b.6-rsasha1-wildcard', 'RFC 4035 appendix B.6: the MX of *.w.example', 5,
    'AQOy1bZVvpPqhg4j7EJoM9rI3ZmyEx2OzDBVrZy/lvI5CQePxXHZS4i8dANH4DX3tbHol61ek8EFMcsGXxKciJFHyhl94C+NwILQdzsUlSFovBZsyl/NX6yEbtw/xN9ZNcrbYvgjjZ/UVPZIySFNsgEYvh0z2542lzMKR4Dh8uZffQ==',
    'OMK8rAZlepfzLWW75Dxd63jy2wswESzxDKG2f9AMN1CytCd10cYISAxfAdvXSZ7xujKAtPbctvOQ2ofO7AZJ+d01EeeQTVBPq4/6KCWhqe2XTjnkVLNvvhnc0u28aoSsG0+4InvkkOHknKxw4kX18MMR34i8lC36SR5xBni8vHI=',
    [rrsigPrefix(15, 5, 2, 3600, time('20040509183619'), time('20040409183619'), 38519, 'example.'),
      record('*.w.example.', 15, 3600, Buffer.concat([u16(1), wire('ai.example.')]))])

  const dskey = dnskey(256, 5, 'AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==')
  digest('rfc4034-5.4-sha1', 'RFC 4034 section 5.4', 1, [wire('dskey.example.com.'), dskey],
    '2BB183AF5F22588179A53B0A98631FAD1A292118')
  digest('rfc4509-2.3-sha256', 'RFC 4509 section 2.3', 2, [wire('dskey.example.com.'), dskey],
    'D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A')
  digest('rfc6605-6.1-sha256', 'RFC 6605 section 6.1', 2, [wire('example.net.'),
    dnskey(257, 13, 'GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==')],
    'B4C8C1FE2E7477127B27115656AD6256F424625BF5C1E2770CE6D6E37DF61D17')
  digest('rfc6605-6.2-sha384', 'RFC 6605 section 6.2', 4, [wire('example.net.'),
    dnskey(257, 14, 'xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8/uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40')],
    '72D7B62976CE06438E9C0BF319013CF801F09ECC84B8D7E9495F27E305C6A9B0563A9B5F4D288405C3008A946DF983D6')
  digest('rfc8080-6.1-sha256', 'RFC 8080 section 6.1', 2, [wire('example.com.'), dnskey(257, 15, ed1)],
    '3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b')
}

function rfc(name, source, algorithm, publicKey, signature, parts) {
  signatureCase(name, source, algorithm, b64(publicKey), b64(signature), 'valid', Buffer.concat(parts))
}

// --- RSA ---

function rsa() {
  const data = Buffer.from('signed data')
  const good = (name, source, algorithm, key, field = rsaField(key)) =>
    signatureCase(name, source, algorithm, field, rsaSign(key, block(algorithm, data, key)), 'valid', data)
  for (const bits of [512, 768, 1024, 1025, 2048, 4096]) {
    const key = rsaKey(bits, 65537n)
    for (const algorithm of bits === 512 ? [5, 7, 8] : [5, 10]) {
      good(`rsa-${bits}-algorithm-${algorithm}`, `RSA of ${bits} bits`, algorithm, key)
    }
  }
  const key = rsaKey(1024, 65537n)
  const signature = rsaSign(key, block(8, data, key))
  const bad = (name, source, changed, expect = 'invalid', field = rsaField(key), algorithm = 8) =>
    signatureCase(`rsa-${name}`, source, algorithm, field, changed, expect, data)

  const three = rsaKey(1024, 3n)
  good('rsa-exponent-3', 'RSA with e = 3', 8, three)
  good('rsa-exponent-64-bits', 'RSA with an exponent of 64 bits', 8, rsaKey(1024, 0xffffffffffffffc5n))
  good('rsa-exponent-length-in-three-octets', 'RFC 3110 section 2: zero, then two octets of length', 8, key,
    Buffer.concat([Buffer.of(0, 0, 3), bytes(key.e), bytes(key.n)]))
  good('rsa-modulus-leading-zeros', 'RFC 3110 section 2 forbids signers leading zeros; validators drop them', 8, key,
    Buffer.concat([Buffer.of(3), bytes(key.e), Buffer.alloc(2), bytes(key.n)]))
  good('rsa-exponent-leading-zeros', 'RFC 3110 section 2 forbids signers leading zeros; validators drop them', 8, key,
    Buffer.concat([Buffer.of(5), Buffer.alloc(2), bytes(key.e), bytes(key.n)]))
  const small = rsaSmallSignature(data)
  signatureCase('rsa-signature-leading-zero', 'a signature that begins with a zero octet', 8, rsaField(small.key), small.signature, 'valid', data)
  bad('signature-leading-zero-dropped', 'the same signature without its zero octet (RFC 8017 section 8.2.2 step 1)',
    small.signature.subarray(1), 'invalid', rsaField(small.key))

  bad('signature-empty', 'no octets', Buffer.alloc(0))
  bad('signature-short', 'one octet missing', signature.subarray(1))
  bad('signature-long', 'a zero octet in front', Buffer.concat([Buffer.of(0), signature]))
  bad('signature-trailing', 'a zero octet behind', Buffer.concat([signature, Buffer.of(0)]))
  bad('signature-tampered', 'one bit changed', flip(signature))
  bad('signature-zero', 'all octets zero', Buffer.alloc(128))
  bad('signature-one', 'the number 1', Buffer.concat([Buffer.alloc(127), Buffer.of(1)]))
  bad('signature-modulus', 'the modulus itself', bytes(key.n))
  bad('other-hash', 'a signature by RSASHA256 under RSASHA512', signature, 'invalid', rsaField(key), 10)
  const wide = rsaKey(1025, 65537n)
  bad('signature-plus-modulus', 'RFC 8017 section 5.2.2: the representative must be below the modulus',
    bytes(big(rsaSign(wide, block(8, data, wide))) + wide.n, 129), 'invalid', rsaField(wide))
  const tiny = rsaKey(512, 65537n)
  bad('sha512-needs-752-bits', 'RSASHA512 does not fit in 512 bits', bytes(tiny.n - 2n), 'invalid', rsaField(tiny), 10)

  const cramped = rsaKey(720, 65537n)
  bad('sha512-padding-of-four-octets', 'RFC 8017 section 9.2 wants eight octets of padding',
    rsaSign(cramped, block(10, data, cramped)), 'invalid', rsaField(cramped), 10)

  for (const [name, bits] of [['511', 511], ['4097', 4097]]) {
    const odd = rsaKey(bits, 65537n)
    signatureCase(`rsa-modulus-${name}-bits`, 'below 512 or above 4096 bits', 8, rsaField(odd), rsaSign(odd, block(8, data, odd)), 'unsupported', data)
  }
  for (const [name, e] of [['1', 1n], ['even', 65536n], ['65-bits', (1n << 64n) + 13n], ['zero', 0n]]) {
    bad(`exponent-${name}`, `RSA exponent ${name}`, signature, 'unsupported', rsaField({ ...key, e }))
  }
  bad('modulus-even', 'no product of odd primes', signature, 'unusable', rsaField({ ...key, n: key.n - 1n }))
  bad('key-empty', 'no octets', signature, 'unusable', Buffer.alloc(0))
  bad('key-exponent-length-zero', 'an exponent of no octets', signature, 'unusable', Buffer.concat([Buffer.alloc(3), bytes(key.n)]))
  bad('key-length-cut', 'the long form without its second octet', signature, 'unusable', Buffer.of(0, 1))
  bad('key-exponent-past-end', 'an exponent longer than the field', signature, 'unusable', Buffer.concat([Buffer.of(200), bytes(key.n)]))
  bad('key-without-modulus', 'nothing behind the exponent', signature, 'unusable', Buffer.of(3, 1, 0, 1))
}

/** Blocks that a lenient reader of EMSA-PKCS1-v1_5 takes for good. All are signed with the real key but the first two. */
function rsaForgeries() {
  const data = Buffer.from('a forgery')
  const hash = crypto.createHash('sha256').update(data).digest()
  if ((hash[31] & 1) === 0) throw new Error('the forgery at the end of the block needs an odd digest')
  const key = rsaKey(2048, 3n)
  const forge = (name, source, signature) =>
    signatureCase(`rsa-forged-${name}`, source, 8, rsaField(key), signature, 'invalid', data)
  const digestInfo = Buffer.concat([Buffer.from(DIGEST_INFO.sha256, 'hex'), hash])

  const head = Buffer.concat([Buffer.from('0001ffffffffffffffff00', 'hex'), digestInfo])
  forge('garbage-behind', 'Bleichenbacher 2006: cube root of a block with garbage behind the digest', bytes(cubeRoot(head), 256))
  const oid = Buffer.from('0609608648016503040201', 'hex')
  const tail = Buffer.concat([Buffer.from('0420', 'hex'), hash])
  const long = (tag, length) => Buffer.concat([Buffer.of(tag, 0x82), u16(length)])
  const parameters = 256 - 11 - 4 - 4 - oid.length - 4 - tail.length
  const berserk = Buffer.concat([Buffer.from('0001ffffffffffffffff00', 'hex'), long(0x30, 4 + oid.length + 4 + parameters + tail.length),
    long(0x30, oid.length + 4 + parameters), oid, long(0x04, parameters)])
  forge('garbage-in-parameters', 'BERserk: garbage in the parameters, the right digest at the very end', bytes(cubeRoot(berserk, tail), 256))

  const signed = (name, source, parts) => forge(name, source, rsaSign(key, big(Buffer.concat(parts))))
  const padding = (length) => Buffer.alloc(length, 0xff)
  const rest = 256 - 3 - digestInfo.length
  signed('digest-then-zeros', 'short padding, zeros behind the digest', [Buffer.of(0, 1), padding(8), Buffer.of(0), digestInfo, Buffer.alloc(rest - 8)])
  signed('block-type-2', 'block type 2', [Buffer.of(0, 2), padding(rest), Buffer.of(0), digestInfo])
  signed('block-type-0', 'block type 0', [Buffer.of(0, 0), padding(rest), Buffer.of(0), digestInfo])
  signed('padding-not-ff', 'one octet of padding is fe', [Buffer.of(0, 1), padding(rest - 1), Buffer.of(0xfe, 0), digestInfo])
  signed('no-separator', 'ff where the zero belongs', [Buffer.of(0, 1), padding(rest), Buffer.of(0xff), digestInfo])
  const noNull = Buffer.concat([Buffer.from('302f300b0609608648016503040201' + '0420', 'hex'), hash])
  signed('no-null', 'DigestInfo without the NULL parameter (RFC 8017 section 9.2 note 1)', [Buffer.of(0, 1), padding(rest + 2), Buffer.of(0), noNull])
  signed('bare-hash', 'the digest without DigestInfo', [Buffer.of(0, 1), padding(256 - 3 - 32), Buffer.of(0), hash])
  signed('other-identifier', 'SHA-512/256 claimed over a digest of 32 octets', [Buffer.of(0, 1), padding(rest), Buffer.of(0),
    Buffer.from('3031300d060960864801650304020605000420', 'hex'), hash])
  const ber = Buffer.concat([Buffer.from('308131300d060960864801650304020105000420', 'hex'), hash])
  signed('ber-length', 'the outer length in long form', [Buffer.of(0, 1), padding(rest - 1), Buffer.of(0), ber])

  /** A number whose cube begins with `prefix` and ends with `suffix`, which is odd. */
  function cubeRoot(prefix, suffix = Buffer.alloc(0)) {
    const suffixBits = BigInt(suffix.length * 8)
    let low = 0n
    for (let bit = 0n; bit < suffixBits; bit++) if (((low ** 3n - big(suffix)) >> bit) & 1n) low |= 1n << bit
    const shift = BigInt((256 - prefix.length) * 8)
    // Aims at the middle of all blocks with this prefix, and gives up the low bits of the root.
    const wanted = ((big(prefix) << 1n) + 1n) << (shift - 1n)
    let [from, to] = [0n, 1n << 700n]
    while (from < to) {
      const middle = (from + to) >> 1n
      if (middle ** 3n < wanted) from = middle + 1n
      else to = middle
    }
    const root = ((from >> suffixBits) << suffixBits) | low
    if (root ** 3n >> shift !== big(prefix)) throw new Error('no cube root near enough')
    if (root ** 3n % (1n << suffixBits) !== big(suffix)) throw new Error('the cube ends otherwise')
    return root
  }
}

// --- ECDSA ---

function ecdsa(algorithm, curve, hash, octets) {
  const data = Buffer.from('signed data')
  const name = algorithm === 13 ? 'p256' : 'p384'
  const n = curve.Point.Fn.ORDER
  const { privateKey, field } = ecKey((key) => key[0] !== 0 && key[octets] !== 0)
  const sign = (suits) => {
    for (;;) {
      const signature = crypto.sign(hash, data, { key: privateKey, dsaEncoding: 'ieee-p1363' })
      if (suits(big(signature.subarray(0, octets)), big(signature.subarray(octets)))) return signature
    }
  }
  const signature = sign((r, s) => s < n / 2n)
  const r = signature.subarray(0, octets)
  const s = signature.subarray(octets)
  const write = (what, source, changed, expect = 'invalid', key = field) =>
    signatureCase(`${name}-${what}`, source, algorithm, key, changed, expect, data)
  const pair = (first, second) => Buffer.concat([bytes(first, octets), bytes(second, octets)])
  const top = 1n << BigInt(8 * octets - 8)

  write('low-s', 's below n/2', signature, 'valid')
  write('high-s', 'the same signature with n - s: as good, RFC 6605 has no rule about s', pair(big(r), n - big(s)), 'valid')
  write('r-leading-zero', 'r begins with a zero octet', sign((r) => r < top), 'valid')
  write('s-leading-zero', 's begins with a zero octet', sign((_, s) => s < top), 'valid')
  write('r-top-bit', 'the first bit of r and of s is set', sign((r, s) => r >= top * 128n && s >= top * 128n), 'valid')
  const zeroX = ecKey((key) => key[0] === 0)
  write('key-x-leading-zero', 'x begins with a zero octet',
    crypto.sign(hash, data, { key: zeroX.privateKey, dsaEncoding: 'ieee-p1363' }), 'valid', zeroX.field)
  const zeroY = ecKey((key) => key[octets] === 0)
  write('key-y-leading-zero', 'y begins with a zero octet',
    crypto.sign(hash, data, { key: zeroY.privateKey, dsaEncoding: 'ieee-p1363' }), 'valid', zeroY.field)

  write('tampered', 'one bit changed', flip(signature))
  write('zero', 'r = s = 0: "psychic" signatures', Buffer.alloc(2 * octets))
  write('r-zero', 'r = 0', pair(0n, big(s)))
  write('s-zero', 's = 0', pair(big(r), 0n))
  write('r-order', 'r = n', pair(n, big(s)))
  write('s-order', 's = n', pair(big(r), n))
  write('r-order-s-order', 'r = s = n', pair(n, n))
  write('all-ff', 'all octets ff', Buffer.alloc(2 * octets, 0xff))
  write('one-one', 'r = s = 1', pair(1n, 1n))
  write('swapped', 's before r', Buffer.concat([s, r]))
  write('r-negated', 'n - r', pair(n - big(r), big(s)))
  const smallR = smallRCase()
  write('small-r', 'a nonce whose r is so small that r + n has the same length', smallR.good, 'valid', smallR.field)
  write('r-plus-order', 'the same with r + n in place of r', smallR.bad, 'invalid', smallR.field)
  write('empty', 'no octets', Buffer.alloc(0))
  write('short', 'one octet missing', signature.subarray(1))
  write('long', 'a zero octet behind', Buffer.concat([signature, Buffer.of(0)]))
  write('der', 'in DER', crypto.sign(hash, data, privateKey))
  const other = hash === 'sha256' ? 'sha384' : 'sha256'
  write('other-hash', `over ${other}`, crypto.sign(other, data, { key: privateKey, dsaEncoding: 'ieee-p1363' }))
  write('other-key', 'under another key', signature, 'invalid', ecKey(() => true).field)

  write('key-off-curve', 'y changed by one bit', signature, 'unusable', flip(field))
  write('key-zero', 'the pair 0, 0', signature, 'unusable', Buffer.alloc(2 * octets))
  write('key-x-not-reduced', 'x = p + x of a point with a small x', signature, 'unusable', notReduced())
  write('key-with-prefix', 'with the octet 04 in front', signature, 'unsupported', Buffer.concat([Buffer.of(4), field]))
  write('key-compressed', 'compressed', signature, 'unsupported', Buffer.concat([Buffer.of(2), field.subarray(0, octets)]))
  write('key-short', 'one octet missing', signature, 'unsupported', field.subarray(1))
  write('key-empty', 'no octets', signature, 'unsupported', Buffer.alloc(0))

  function ecKey(suits) {
    for (;;) {
      const pair = crypto.generateKeyPairSync('ec', { namedCurve: name === 'p256' ? 'P-256' : 'P-384' })
      const jwk = pair.publicKey.export({ format: 'jwk' })
      const field = Buffer.concat([Buffer.from(jwk.x, 'base64url'), Buffer.from(jwk.y, 'base64url')])
      if (suits(field)) return { privateKey: pair.privateKey, field }
    }
  }

  /** x + p in the width of x, for the smallest x on the curve: it denotes the same point to a reader that reduces. */
  function notReduced() {
    const { Fp } = curve.Point
    for (let x = 0n; ; x++) {
      const square = Fp.create(x ** 3n + curve.Point.CURVE().a * x + curve.Point.CURVE().b)
      try {
        return Buffer.concat([bytes(x + Fp.ORDER, octets), bytes(Fp.sqrt(square), octets)])
      } catch {}
    }
  }

  /** A signature made from the outside in: take the nonce's point R with a tiny x, and solve for the key. */
  function smallRCase() {
    const { Point } = curve
    const { Fp, Fn } = Point
    for (let x = 1n; ; x++) {
      let y
      try {
        y = Fp.sqrt(Fp.create(x ** 3n + Point.CURVE().a * x + Point.CURVE().b))
      } catch {
        continue
      }
      const R = Point.fromAffine({ x, y })
      const h = Fn.create(big(crypto.createHash(hash).update(data).digest()))
      const s = 0x1234567890abcdefn
      // s·R = h·G + r·A, hence A = (s·R − h·G) / r
      const A = R.multiply(s).subtract(Point.BASE.multiply(h)).multiply(Fn.inv(x))
      return { field: Buffer.from(A.toBytes(false)).subarray(1), good: pair(x, s), bad: pair(x + n, s) }
    }
  }
}

// --- EdDSA ---

function ed25519Cases() {
  const { Point } = ed25519
  const hash = (octets) => sha512(octets)
  const torsion = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')
  edwards('ed25519', 15, ed25519, hash, 32, Buffer.alloc(0), torsion, 8, 'invalid')
  const data = Buffer.from('signed data')
  const secret = crypto.randomBytes(32)
  signatureCase('ed25519-prehashed', 'Ed25519ph (RFC 8032 section 5.1): RFC 8080 uses Ed25519', 15,
    ed25519.getPublicKey(secret), ed25519ph.sign(data, secret), 'invalid', data)
}

function ed448Cases() {
  const dom4 = Buffer.concat([Buffer.from('SigEd448'), Buffer.of(0, 0)])
  const hash = (octets) => shake256(octets, { dkLen: 114 })
  const torsion = ed448.Point.fromBytes(new Uint8Array(57))
  edwards('ed448', 16, ed448, hash, 57, dom4, torsion, 4, 'valid')
  const data = Buffer.from('signed data')
  const secret = crypto.randomBytes(57)
  signatureCase('ed448-context', 'Ed448 with a context: RFC 8080 section 4 uses the empty one', 16,
    ed448.getPublicKey(secret), ed448.sign(data, secret, { context: Buffer.from('x') }), 'invalid', data)
}

function edwards(name, algorithm, curve, hash, octets, domain, torsion, cofactor, torsionInR) {
  const { Point } = curve
  const { ORDER: L } = Point.Fn
  const p = Point.Fp.ORDER
  const data = Buffer.from('signed data')
  const a = big(crypto.randomBytes(octets)) % L
  const nonce = big(crypto.randomBytes(octets)) % L
  const A = Buffer.from(Point.BASE.multiply(a).toBytes())
  const write = (what, source, signature, expect = 'invalid', key = A) =>
    signatureCase(`${name}-${what}`, source, algorithm, key, signature, expect, data)
  const challenge = (R, key) => little(hash(Buffer.concat([domain, R, key, data]))) % L
  /** The signature whose R is given as octets that stand for nonce·B plus something of small order. */
  const signature = (R, key = A, scalar = a, r = nonce) => {
    const S = (r + challenge(R, key) * scalar) % L
    return Buffer.concat([R, littleBytes(S, octets)])
  }
  const R = Buffer.from(Point.BASE.multiply(nonce).toBytes())
  const good = signature(R)
  const S = good.subarray(octets)

  write('good', 'a good signature', good, 'valid')
  write('tampered-r', 'one bit of R changed', flip(good, 1))
  write('tampered-s', 'one bit of S changed', flip(good, octets + 1))
  write('s-plus-order', 'RFC 8032 section 5.1.7: S must be below L', Buffer.concat([R, littleBytes(little(S) + L, octets)]))
  write('zero', 'all octets zero', Buffer.alloc(2 * octets))
  write('all-ff', 'all octets ff', Buffer.alloc(2 * octets, 0xff))
  write('empty', 'no octets', Buffer.alloc(0))
  write('short', 'one octet missing', good.subarray(1))
  write('long', 'a zero octet behind', Buffer.concat([good, Buffer.of(0)]))
  write('r-torsion', 'R with a component of small order: RFC 8032 allows both answers, OpenSSL decides',
    signature(Buffer.from(Point.BASE.multiply(nonce).add(torsion).toBytes())), torsionInR)
  const identity = Buffer.from(Point.ZERO.toBytes())
  let small = Point.ZERO
  for (let index = 0; index < cofactor; index++) {
    write(`r-small-order-${index}`, 'nonce 0: R is of small order, which no honest signer makes and versions of OpenSSL disagree about',
      signature(Buffer.from(small.toBytes()), A, a, 0n))
    small = small.add(torsion)
  }
  const signed = Buffer.from(identity)
  signed[octets - 1] |= 0x80
  write('r-identity-with-sign', 'the neutral element with the sign of x set: no encoding', signature(signed, A, a, 0n))
  write('r-not-reduced', 'y = p + 1 for the neutral element: no encoding', signature(littleBytes(p + 1n, octets), A, a, 0n))

  let point = Point.ZERO
  for (let index = 0; index < cofactor; index++) {
    const key = Buffer.from(point.toBytes())
    // Under a point of small order the challenge vanishes, at least for one nonce in `cofactor`.
    write(`key-small-order-${index}`, 'a key of small order: one signature fits much data', signature(R, key, 0n), 'unusable', key)
    point = point.add(torsion)
  }
  const mixed = Point.BASE.multiply(a).add(torsion)
  const mixedKey = Buffer.from(mixed.toBytes())
  for (let r = nonce; ; r++) {
    const mixedR = Buffer.from(Point.BASE.multiply(r).toBytes())
    if (challenge(mixedR, mixedKey) % BigInt(cofactor) !== 0n) continue
    write('key-mixed-order', 'a key with a component of small order which the challenge cancels', signature(mixedR, mixedKey, a, r), 'valid', mixedKey)
    break
  }
  const withSign = Buffer.from(identity)
  withSign[octets - 1] |= 0x80
  write('key-identity-with-sign', 'x = 0 with the sign set (RFC 8032 section 5.1.3 step 4)', signature(R, withSign, 0n), 'unusable', withSign)
  write('key-not-reduced', 'y = p + 1: the neutral element in another encoding', signature(R, littleBytes(p + 1n, octets), 0n), 'unusable', littleBytes(p + 1n, octets))
  write('key-all-ff', 'all octets ff', good, 'unusable', Buffer.alloc(octets, 0xff))
  write('key-off-curve', 'a y without an x', good, 'off-curve', offCurve())
  write('key-other', 'under another key', good, 'invalid', Buffer.from(Point.BASE.multiply(a + 1n).toBytes()))
  write('key-negated', 'the sign of x changed', good, 'invalid', flip(A, octets - 1, 0x80))
  write('key-short', 'one octet missing', good, 'unsupported', A.subarray(1))
  write('key-long', 'one octet more', good, 'unsupported', Buffer.concat([A, Buffer.of(0)]))
  write('key-empty', 'no octets', good, 'unsupported', Buffer.alloc(0))

  function offCurve() {
    for (let y = 2n; ; y++) {
      const key = littleBytes(y, octets)
      try {
        Point.fromBytes(key)
      } catch {
        return key
      }
    }
  }
}

// --- NSEC3 ---

function nsec3() {
  const hashes = {
    'example.': '0p9mhaveqvm6t7vbl5lop2u3t2rp3tom',
    'a.example.': '35mthgpgcu1qg68fab165klnsnk3dpvl',
    'ai.example.': 'gjeqe526plbf1g8mklp59enfd789njgi',
    'ns1.example.': '2t7b4g4vsa5smi47k61mv5bv1a22bojr',
    'ns2.example.': 'q04jkcevqvmu85r014c7dkba38o0ji5r',
    'w.example.': 'k8udemvp1j2f7eg6jebps17vp3n8i58h',
    '*.w.example.': 'r53bq7cc2uvmubfu5ocmm6pers9tk9en',
    'x.w.example.': 'b4um86eghhds6nea196smvmlo4ors995',
    'y.w.example.': 'ji6neoaepv8b5o6k4ev33abha8ht9fgc',
    'x.y.w.example.': '2vptu5timamqttgl4luu9kg21e0aor3s',
    'xx.example.': 't644ebqk9bibcna874givr6joj62mlhv',
  }
  for (const [name, hash] of Object.entries(hashes)) {
    nsec3Case(`rfc5155-a-${name.replaceAll('.', '-').replace('*', 'wildcard')}`.replace(/-$/, ''), 'RFC 5155 appendix A',
      wire(name), Buffer.from('aabbccdd', 'hex'), 12, base32hex(hash).toString('hex'), 13)
  }
  // Lengths around the ends of SHA-1's blocks: 55 octets fill one, 56 begin another, 119 and 120 the next.
  const long = Buffer.concat([...Array(3).fill(Buffer.concat([Buffer.of(63), Buffer.alloc(63, 0x61)])), Buffer.of(61), Buffer.alloc(61, 0x62), Buffer.of(0)])
  const cases = [
    ['root-no-salt', wire('.'), 0, 0, 1],
    ['no-iterations', wire('example.com.'), 8, 0, 1],
    ['salt-35', wire('example.com.'), 35, 3, 4],
    ['salt-36', wire('example.com.'), 36, 3, 7],
    ['salt-99', wire('example.com.'), 99, 2, 6],
    ['salt-100', wire('example.com.'), 100, 2, 8],
    ['salt-255', wire('example.com.'), 255, 2, 15],
    ['name-255', long, 0, 1, 6],
    ['name-255-salt-255', long, 255, 1, 14],
    ['name-and-salt-55', wire('example.com.'), 42, 0, 1],
    ['name-and-salt-56', wire('example.com.'), 43, 0, 2],
    ['iterations-150', wire('example.com.'), 8, 150, 151],
    ['iterations-2500', wire('example.com.'), 8, 2500, 2501],
  ]
  for (const [name, owner, saltLength, iterations, blocks] of cases) {
    const salt = Buffer.from(Array.from({ length: saltLength }, (_, index) => (index * 7 + 1) & 0xff))
    let hash = crypto.createHash('sha1').update(owner).update(salt).digest()
    for (let index = 0; index < iterations; index++) hash = crypto.createHash('sha1').update(hash).update(salt).digest()
    nsec3Case(name, 'a plain loop over node:crypto', owner, salt, iterations, hash.toString('hex'), blocks)
  }
}

// --- files ---

function signatureCase(name, source, algorithm, publicKey, signature, expect, data) {
  const base64 = (octets) => Buffer.from(octets).toString('base64')
  write(`signatures/${name}`, { source, algorithm, expect, publicKey: base64(publicKey), signature: base64(signature), data: base64(data) })
}

function digest(name, source, digestType, parts, hex) {
  write(`digests/${name}`, { source, digestType, data: Buffer.concat(parts).toString('hex'), digest: hex.toLowerCase() })
}

function nsec3Case(name, source, owner, salt, iterations, hash, blocks) {
  write(`nsec3/${name}`, { source, name: owner.toString('hex'), salt: salt.toString('hex'), iterations, hash, blocks })
}

function write(path, value) {
  writeFileSync(`${folder}/${path}.json`, `${JSON.stringify(value, null, 2)}\n`)
}

// --- octets ---

function rrsigPrefix(type, algorithm, labels, ttl, expiration, inception, tag, signer) {
  return Buffer.concat([u16(type), Buffer.of(algorithm, labels), u32(ttl), u32(expiration), u32(inception), u16(tag), wire(signer)])
}

function record(owner, type, ttl, rdata) {
  return Buffer.concat([wire(owner), u16(type), u16(1), u32(ttl), u16(rdata.length), rdata])
}

function dnskey(flags, algorithm, key) {
  return Buffer.concat([u16(flags), Buffer.of(3, algorithm), b64(key)])
}

function wire(name) {
  const labels = name.split('.').filter((label) => label !== '')
  return Buffer.concat([...labels.flatMap((label) => [Buffer.of(label.length), Buffer.from(label)]), Buffer.of(0)])
}

function ipv4(address) {
  return Buffer.from(address.split('.').map(Number))
}

function time(text) {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text)
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000
}

function b64(text) {
  return Buffer.from(text, 'base64')
}

function base32hex(text) {
  const bits = [...text].map((digit) => Number.parseInt(digit, 32).toString(2).padStart(5, '0')).join('')
  return Buffer.from(bits.match(/.{8}/g).map((octet) => Number.parseInt(octet, 2)))
}

function u16(value) {
  return Buffer.of(value >> 8, value & 0xff)
}

function u32(value) {
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(value)
  return octets
}

function flip(octets, index = octets.length - 1, mask = 1) {
  const changed = Buffer.from(octets)
  changed[index] ^= mask
  return changed
}

function big(octets) {
  return BigInt(`0x${Buffer.from(octets).toString('hex') || '0'}`)
}

function little(octets) {
  return big(Buffer.from(octets).reverse())
}

function bytes(value, length) {
  const hex = value.toString(16)
  const octets = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  if (length === undefined) return octets
  if (octets.length > length) throw new Error('too long')
  return Buffer.concat([Buffer.alloc(length - octets.length), octets])
}

function littleBytes(value, length) {
  return bytes(value, length).reverse()
}

// --- RSA on BigInt ---

function rsaKey(bits, e) {
  for (;;) {
    const half = bits >> 1
    const p = crypto.generatePrimeSync(half, { bigint: true })
    const q = crypto.generatePrimeSync(bits - half, { bigint: true })
    const n = p * q
    const phi = (p - 1n) * (q - 1n)
    if (n.toString(2).length !== bits || p === q) continue
    const d = inverse(e, phi)
    if (d !== undefined) return { n, e, d, octets: Math.ceil(bits / 8) }
  }
}

function inverse(value, modulus) {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n]
  while (b > 0n) {
    const quotient = a / b
    ;[a, b, x, y] = [b, a - quotient * b, y, x - quotient * y]
  }
  return a === 1n ? ((x % modulus) + modulus) % modulus : undefined
}

function rsaField({ n, e }) {
  const exponent = bytes(e)
  return Buffer.concat([Buffer.of(exponent.length), exponent, bytes(n)])
}

function block(algorithm, data, key) {
  const hash = { 5: 'sha1', 7: 'sha1', 8: 'sha256', 10: 'sha512' }[algorithm]
  const digestInfo = Buffer.concat([Buffer.from(DIGEST_INFO[hash], 'hex'), crypto.createHash(hash).update(data).digest()])
  return big(Buffer.concat([Buffer.of(0, 1), Buffer.alloc(key.octets - 3 - digestInfo.length, 0xff), Buffer.of(0), digestInfo]))
}

function rsaSign({ n, d, octets }, message) {
  let result = 1n
  let base = message % n
  for (let exponent = d; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % n
    base = (base * base) % n
  }
  return bytes(result, octets)
}

function rsaSmallSignature(data) {
  for (;;) {
    const key = rsaKey(512, 65537n)
    const signature = rsaSign(key, block(8, data, key))
    if (signature[0] === 0) return { key, signature }
  }
}
