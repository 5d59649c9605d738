import type { AnchorDs, AnchorKey, NegativeTrustAnchor, TrustAnchor } from '../../dnssec/trust-anchors.ts'
import { inForce } from '../../dnssec/trust-anchors.ts'
import type { ManagedKey, TrustPoint } from '../../resolver/anchors/rfc5011.ts'
import type { Resolver } from '../../resolver/resolver.ts'
import { algorithmName, digestTypeName } from '../../wire/codes/algorithm.ts'
import { toBase64, toHex } from '../../wire/presentation/encodings.ts'
import { keyTag, readDnskey } from '../../wire/rdata/dnssec.ts'
import { type Paint, printable } from '../paint.ts'
import { formatTime } from '../time.ts'

/** The trust anchors in force, as the document of `danelaw anchors show --json`. */
export function showJson(resolver: Resolver, source: readonly string[] | null) {
  const { anchors, negative } = resolver.trustAnchors
  return {
    source,
    anchors: anchors.map(anchorJson),
    negative: negative.map(({ zone, until }) => ({ zone: zone.toCanonicalString(), until: formatTime(until) })),
    trustPoints: resolver.trustPoints.map(pointJson),
  }
}

export function showText(resolver: Resolver, source: string, now: number, paint: Paint): string {
  const { anchors, negative } = resolver.trustAnchors
  const lines = [
    ...anchors.flatMap((anchor) => anchorLines(anchor, source, now, paint)),
    ...negative.map((each) => negativeLine(each, now, paint)),
    ...resolver.trustPoints.flatMap((point) => pointLines(point, paint)),
  ]
  return `${lines.join('\n')}\n`
}

export function anchorJson({ zone, ds, dnskeys }: TrustAnchor) {
  return {
    zone: zone.toCanonicalString(),
    ds: ds.map((each) => ({
      keyTag: each.keyTag,
      algorithm: each.algorithm,
      algorithmName: algorithmName(each.algorithm),
      digestType: each.digestType,
      digestTypeName: digestTypeName(each.digestType),
      digest: toHex(each.digest),
      ...windowJson(each),
    })),
    dnskeys: dnskeys.map((each) => ({
      keyTag: keyTag(each.rdata),
      algorithm: each.algorithm,
      algorithmName: algorithmName(each.algorithm),
      flags: each.flags,
      publicKey: toBase64(each.publicKey),
      ...windowJson(each),
    })),
  }
}

/** One digest or key in a line, with the time it counts in. */
export function anchorLines({ zone, ds, dnskeys }: TrustAnchor, source: string, now: number, paint: Paint): string[] {
  return [
    `${paint.strong(zone.toCanonicalString())}  ${printable(source)}`,
    ...ds.map((each) => `  DS      ${dsText(each)}${windowText(each, now, paint)}`),
    ...dnskeys.map(
      (each) =>
        `  DNSKEY  ${keyTag(each.rdata)} ${algorithmName(each.algorithm)} flags ${each.flags}${windowText(each, now, paint)}`,
    ),
  ]
}

export function dsText({ keyTag: tag, algorithm, digestType, digest }: AnchorDs): string {
  return `${tag} ${algorithmName(algorithm)} ${digestTypeName(digestType)} ${toHex(digest)}`
}

function negativeLine({ zone, until }: NegativeTrustAnchor, now: number, paint: Paint): string {
  const over = now < until ? '' : ` ${paint.faint('(over)')}`
  return `${paint.strong(zone.toCanonicalString())}  ${paint.fair('not validated')} until ${formatTime(until)}${over}`
}

function pointLines({ zone, keys, lastValidated, nextLook }: TrustPoint, paint: Paint): string[] {
  const last = lastValidated === null ? 'never looked at' : `looked at ${formatTime(lastValidated)}`
  return [
    `${paint.strong(zone.toCanonicalString())}  keys (RFC 5011), ${last}, again at ${formatTime(nextLook)}`,
    ...keys.map((key) => {
      const hold = key.holdDownUntil === null ? '' : `, waits until ${formatTime(key.holdDownUntil)}`
      return `  ${key.state.padEnd(7)} ${keyText(key)}, since ${formatTime(key.since)}${hold}`
    }),
  ]
}

function keyText({ material }: ManagedKey): string {
  if ('ds' in material) return dsText(material.ds)
  const { algorithm, flags } = readDnskey(material.dnskey)
  return `${keyTag(material.dnskey)} ${algorithmName(algorithm)} flags ${flags}`
}

function pointJson({ zone, keys, lastValidated, nextLook }: TrustPoint) {
  return {
    zone: zone.toCanonicalString(),
    lastValidated: lastValidated === null ? null : formatTime(lastValidated),
    nextLook: formatTime(nextLook),
    keys: keys.map(({ state, since, holdDownUntil, material }) => ({
      keyTag: 'ds' in material ? material.ds.keyTag : keyTag(material.dnskey),
      algorithm: 'ds' in material ? material.ds.algorithm : readDnskey(material.dnskey).algorithm,
      state,
      since: formatTime(since),
      holdDownUntil: holdDownUntil === null ? null : formatTime(holdDownUntil),
    })),
  }
}

function windowJson({ validFrom, validUntil }: AnchorDs | AnchorKey) {
  return {
    validFrom: validFrom === undefined ? null : formatTime(validFrom),
    validUntil: validUntil === undefined ? null : formatTime(validUntil),
  }
}

function windowText(entry: AnchorDs | AnchorKey, now: number, paint: Paint): string {
  const { validFrom, validUntil } = entry
  let text = ''
  if (validFrom !== undefined) text += `, from ${formatTime(validFrom)}`
  if (validUntil !== undefined) text += `, until ${formatTime(validUntil)}`
  return inForce(entry, now) ? text : `${text} ${paint.fair('(not in force)')}`
}
