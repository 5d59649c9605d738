import type { Limit } from '../limits.ts'

/** Limits of this folder that are about the process rather than about messages. */
export const CONNECTION_LIMITS = {
  sockets: { value: 256, min: 1, max: 16_384, source: 'open at once for one resolver; many systems allow 1024 files' },
  configOctets: { value: 65_536, min: 1, max: 65_536, source: 'resolv.conf; real ones have some hundred octets' },
  anchorFileOctets: { value: 1_048_576, min: 1, max: 1_048_576, source: 'root-anchors.xml has 1861 octets' },
} as const satisfies Record<string, Limit>
