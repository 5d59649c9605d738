import { DanelawError } from '../errors.ts'
import { type AnchorDs, type AnchorKey, type TrustAnchor, TrustAnchors } from '../dnssec/trust-anchors.ts'
import { ROOT_ANCHORS } from '../dnssec/root-anchors.ts'
import { readAnchors } from '../resolver/read-anchors.ts'
import { algorithmName, digestTypeName } from '../wire/codes/algorithm.ts'
import { toBase64, toHex } from '../wire/presentation/encodings.ts'
import { keyTag } from '../wire/rdata/dnssec.ts'
import { defineCommand } from './command.ts'
import { list, readPath } from './option.ts'
import { writeJson } from './output.ts'
import { type Paint, paintFor } from './paint.ts'
import { formatTime } from './time.ts'

export const anchors = defineCommand({
  name: 'anchors',
  description:
    'Shows the trust anchors in force: the DS and DNSKEY records that every chain of trust starts from, and since when they count.',
  args: [{ name: 'ACTION', required: false, help: 'show, which is the default' }],
  servers: false,
  options: {
    anchor: list(
      'FILE',
      readPath,
      'trust anchors instead of the built-in ones of the root: root-anchors.xml, or DS or DNSKEY records',
    ),
  },
  statuses: [[0, 'shown']],
  examples: ['danelaw anchors', 'danelaw anchors show --anchor root-anchors.xml --json'],
  async run({ args, options }, io) {
    const [action = 'show'] = args
    if (UNAVAILABLE.has(action)) {
      throw new DanelawError('usage', `danelaw anchors ${action} is not available in this version`)
    }
    if (action !== 'show') {
      throw new DanelawError('usage', `unknown action '${action}' of danelaw anchors`, { hint: 'did you mean show?' })
    }
    const given = options.anchor.length > 0
    const all = new TrustAnchors(given ? options.anchor.flatMap(readAnchors) : ROOT_ANCHORS).anchors
    const source = given ? options.anchor.join(', ') : 'built in'
    if (options.json) writeJson(io, { source: given ? options.anchor : null, anchors: all.map(anchorJson) })
    else io.stdout.write(anchorsText(all, source, io.now(), paintFor(io.stdout, io.env)))
    return 0
  },
})

function anchorJson({ zone, ds, dnskeys }: TrustAnchor) {
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

function windowJson({ validFrom, validUntil }: AnchorDs | AnchorKey) {
  return {
    validFrom: validFrom === undefined ? null : formatTime(validFrom),
    validUntil: validUntil === undefined ? null : formatTime(validUntil),
  }
}

function anchorsText(all: readonly TrustAnchor[], source: string, now: number, paint: Paint): string {
  const lines = all.flatMap(({ zone, ds, dnskeys }) => [
    `${paint.strong(zone.toCanonicalString())}  ${source}`,
    ...ds.map(
      (each) =>
        `  DS      ${each.keyTag} ${algorithmName(each.algorithm)} ${digestTypeName(each.digestType)} ${toHex(each.digest)}${windowText(each, now, paint)}`,
    ),
    ...dnskeys.map(
      (each) =>
        `  DNSKEY  ${keyTag(each.rdata)} ${algorithmName(each.algorithm)} flags ${each.flags}${windowText(each, now, paint)}`,
    ),
  ])
  return `${lines.join('\n')}\n`
}

function windowText({ validFrom, validUntil }: AnchorDs | AnchorKey, now: number, paint: Paint): string {
  let text = ''
  if (validFrom !== undefined) text += `, from ${formatTime(validFrom)}`
  if (validUntil !== undefined) text += `, until ${formatTime(validUntil)}`
  const inForce = (validFrom ?? 0) <= now && now < (validUntil ?? Number.POSITIVE_INFINITY)
  return inForce ? text : `${text} ${paint.fair('(not in force)')}`
}

const UNAVAILABLE: ReadonlySet<string> = new Set(['check', 'update'])
