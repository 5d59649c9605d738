/**
 * One good signature for each algorithm. An engine that cannot verify it does not support the algorithm: a system's
 * policy may forbid SHA-1, a build may lack Ed448. Made with node:crypto and keys that were thrown away.
 */

export interface SelfTest {
  /** The Public Key field of a DNSKEY. */
  readonly publicKey: Uint8Array
  readonly signature: Uint8Array
  readonly data: Uint8Array
}

/** The test of an algorithm; undefined for an algorithm that has none. */
export function selfTest(algorithm: number): SelfTest | undefined {
  const test = SELF_TESTS.get(algorithm)
  if (test === undefined) return undefined
  return { publicKey: base64(test.publicKey), signature: base64(test.signature), data: base64(DATA) }
}

function base64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}

/** The ASCII octets of `danelaw`. */
const DATA = 'ZGFuZWxhdw=='

const RSA_KEY =
  'AwEAAZo9M9UCUEUNd83V0vTeZJXfeAtlAM2TzNhe1FuNG6JDUE5L6PHURUrl9y8+ARWolLNb2GHe25aQfhOy9u/q9FBCYC5FKmBcUsw76bom+r' +
  'ccwanM4puJqSn+XVPW/h8wIpJAkpIGy2zdNQuGx9Zhn6GCvl5PFnq/NN3eH6gW6AflK3ahJiP70prqd+IOkj71wl/0hU7MNgwsCWs56aGAr9NS' +
  'n8htlHoFp/1kp3s+0MkAbj4/4t4Db/g7sOEPaXZMaerz0dtIf3CznpzdDEdqmasR5o0YynSjlg/75qB7S2kxyfsNqOhmM3HOr0qMboVNZI1Sgt' +
  'xGrmewq857vKTOp7s='

const RSA_SHA1_SIGNATURE =
  'e916xjWg4Txkl1zydLB3rGeno319QnfvIRsyiaQ7d8r5QJZXh3MXHQaM63C4QcHzO3kV3w+bS1qSzpZhKfynNEkzT8DnId/oEOoKq5cNNm6661' +
  'JZxhvu+Vo6wLsrJHl9DzhyQuoLXdjDPotFzNZbDDI+hqBayQM6kmN6q22v5rhyGUEKoRyMEVpz5BzUTVKd0vP4loJdXOmRvHAkhWJzd0o9/vtL' +
  'ij5wv95JdQ5iVjvCBt5AFm3EizaHEUDzaQtNEJVrTG9QRsTbF19CZfq1K2BB+334Xjo+xt4wxSOnuGh550RtCIhV1bW1HuTvGyubNcmKr+fHo3' +
  '7wYlivINkcSA=='

const SELF_TESTS: ReadonlyMap<number, { readonly publicKey: string; readonly signature: string }> = new Map([
  [5, { publicKey: RSA_KEY, signature: RSA_SHA1_SIGNATURE }],
  [7, { publicKey: RSA_KEY, signature: RSA_SHA1_SIGNATURE }],
  [
    8,
    {
      publicKey: RSA_KEY,
      signature:
        'dQC+8CVjF2nbVXF/8LBLGj3A3hVQnq/n5epLLfSKXW51xWqpbmAbwUQVcn7qTl9pL2wE4x57cwjJ2bfqS9/z9WJyb1IE0Em9I6TT' +
        'epnzjidAO+9Of3ok2vaTapTH/jLZlzdgLJelPqEiJYmRZu1jarCZl2JqOsQNsLzLT110yCK9kRPNTGtzYlJodgbIgHhWHjJtVStW' +
        'd5Wg8/3qbGbcjMt8PsNuquCHF8Fk6DJEwCsFvhu28cl/pa3+rQsoHcUqp/wPJOf4oRMviUPQmGoUbOc0u6l4qjeGO2J16qruyW/d' +
        'UDSD6boqRgii7JSAkH/Kt364zepCochBgLuM7HiQfw==',
    },
  ],
  [
    10,
    {
      publicKey: RSA_KEY,
      signature:
        'I8G9JjKhazk9DDyrp8oMu9kcPMkd2lLLtHsFjoE5mG0EUfkBiUMg2ZppWXadkHlEiexCBOAQkdoam1fdS7MFmSsEXcTdb4C/MFzB' +
        'FHLlsOJXES+cs+Cgyqo/33W2zQOUG6zbAm91yV6seBQPQ0rg4vqdu8z/iviN6txPGSE9VdHodaZ5YAsRFxhi26YC+83005F1Ew+J' +
        '9zRU21duElouuiDBcxHxkqyY0sm/JmW4SkFxYs2btuauFcROF8fv7JyzbRLei0SlO9KN3oDWEclwUPrVAib7MYCTfRNHeq5/PqYb' +
        'jz8tqBq+RmFXNjJFdxCFRXiTQTMgwAh5aqWhYgnhJA==',
    },
  ],
  [
    13,
    {
      publicKey: 'cQpYTHaAMjnEpiz+0fEJxTfM++7UPnHCdeHVgoF2Z22+r27S4c0tjNbFpnW5t3Nv+EJqksurSIdNTHMV7Zcj5w==',
      signature: 'HVoS7QrVPQciNobLx84flPr/tVz+lmRFb41xwTDUePIz+lT0LLYPQu9aI28XyRhG59EAd7NUxwkGVAhmHi+szg==',
    },
  ],
  [
    14,
    {
      publicKey:
        'yWvk084LvzEi2MbHYMKT6yH6m2cHaKQzbPIu4V4npzwpehoTYzyXT6+EBhJ/b7oRLI3Wrb19Js8jyMsQhJQDcXVEnfGWlP2Nuo3m' +
        'sk/6F2LnKwx3lk/sufJ9sSiKZ9+t',
      signature:
        'kzv8wzzTU7mb1/BzNyUPWyrN7g9GnXlCPqP2lYbqYSdrLLpa+zAZ8uIYjaPgmWAFAE4I/kWk69ml6qOtgMhe89+rJFmHB+565Cyz' +
        '0FjM6yabfQXf5ecFeDFArRdDQAAn',
    },
  ],
  [
    15,
    {
      publicKey: 'ErrxJBoZIMi2WhgJdvf0qRLyvYVK/qUrMKIvAnX9kU4=',
      signature: 'enS7DXq3cNEJXf6hpNudqNKQ7FtAtLoa8P46XUngiKeWCjzV9W8Bxu9Na0etOJ40/h+EkCvrMeMDhDzfwoRGCQ==',
    },
  ],
  [
    16,
    {
      publicKey: 'taxazL8LlKB/nWRKicEe6Mpaz6WArEIJi1TmSsiBPjvgEwFSnZOGj5NV6TUbHRMRLkT/1a7G+7aA',
      signature:
        'G28tmWxrXR/M8j+4qMavG87fwAdm/xzJu90h4YukSicwU1bhMqosRv+TSUl2BEVtNbmzE2waWvuAB/Q38uWjiSK7VEUWdDKIhW/B' +
        'aF2m1v6jccviIKcSY7sUX45KUsJGY0wxb32h73RQ2OHH94WjXwAA',
    },
  ],
])
