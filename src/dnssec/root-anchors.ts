import { Name } from '../wire/name.ts'
import { fromHex } from '../wire/presentation/encodings.ts'
import type { AnchorDs, TrustAnchor } from './trust-anchors.ts'

/**
 * The trust anchors of the root zone that IANA has published and not ended: `trust-anchors/root-anchors.xml`, whose
 * README says how that file was checked. A test holds the two to the same content.
 */
export const ROOT_ANCHORS: readonly TrustAnchor[] = [
  {
    zone: Name.root,
    ds: [
      // Klajeyz, KSK-2017, from 2017-02-02T00:00:00Z.
      rootDs(20326, 'e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d', 1_485_993_600),
      // Kmyv6jo, KSK-2024, from 2024-07-18T00:00:00Z.
      rootDs(38696, '683d2d0acb8c9b712a1948b27f741219298d0a450d612c483af444a4c0fb2b16', 1_721_260_800),
    ],
    dnskeys: [],
  },
]

function rootDs(keyTag: number, digest: string, validFrom: number): AnchorDs {
  // RSASHA256 and SHA-256.
  return { keyTag, algorithm: 8, digestType: 2, digest: fromHex(digest)!, validFrom }
}
