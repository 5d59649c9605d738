import { existsSync } from 'node:fs'
import type { TrustAnchor } from '../../dnssec/trust-anchors.ts'
import { DanelawError } from '../../errors.ts'
import type { TrustPointRefresh } from '../../resolver/anchors/keeper.ts'
import { writeFile } from '../../resolver/anchors/write-file.ts'
import type { Resolver } from '../../resolver/resolver.ts'
import type { Io } from '../io.ts'
import { progress, writeJson } from '../output.ts'
import { paintFor, printable } from '../paint.ts'
import { formatTime } from '../time.ts'
import { type AnchorChange, anchorChanges, lostAnchor } from './changes.ts'
import { anchorJson } from './show.ts'
import { fetchSource, readFile, signatureBeside } from './source.ts'
import { checkDocument, checkInForce, readDocument, type VerificationOptions } from './verified.ts'

export interface UpdateFileOptions extends VerificationOptions {
  /** Path or https URL of the new document. */
  readonly from: string
  /** Path or https URL of its signature; undefined for the one beside it. */
  readonly signature: string | undefined
  readonly output: string
  /** Takes a document that lacks a key which the present one has. */
  readonly force: boolean
  readonly json: boolean
}

/**
 * `danelaw anchors update --from`: puts a document of trust anchors into `output` if its signature holds, and never
 * anything else. 0 where `output` is up to date now, 1 where the new document is refused.
 */
export async function updateFile(options: UpdateFileOptions, io: Io): Promise<number> {
  const { from, output, at } = options
  progress(io, `reading ${from}`)
  const document = await fetchSource(from, io.signal)
  const signature = await fetchSource(options.signature ?? signatureBeside(from), io.signal)
  const { anchors, verdict, hint } = checkDocument(document, signature, options)
  if (!verdict.verified) return refuse(`the signature of ${from} does not hold: ${verdict.reason}`, hint, options, io)
  checkInForce(anchors, at, from)
  const present = existsSync(output) ? readDocument({ name: output, octets: readFile(output) }) : []
  const lost = lostAnchor(present, anchors, at)
  if (lost !== undefined && !options.force) {
    const why = `${from} knows nothing of key ${lost.keyTag}, which ${output} has: it may be an older edition`
    return refuse(why, '--force takes it all the same', options, io)
  }
  const changes = anchorChanges(present, anchors)
  const text = new TextDecoder().decode(document.octets)
  const isSame = existsSync(output) && Buffer.compare(readFile(output), document.octets) === 0
  if (!isSame) writeFile(output, text)
  tell(options, changes, anchors, isSame, io)
  return 0
}

function refuse(why: string, hint: string | undefined, { json, output, from }: UpdateFileOptions, io: Io): number {
  if (json) writeJson(io, { from, output, updated: false, reason: why, changes: [], anchors: [] })
  io.stderr.write(`danelaw: refused: ${printable(why)}\n`)
  if (hint !== undefined) io.stderr.write(`hint: ${hint}\n`)
  return 1
}

function tell(
  { from, output, json }: UpdateFileOptions,
  changes: readonly AnchorChange[],
  anchors: readonly TrustAnchor[],
  isSame: boolean,
  io: Io,
): void {
  if (json) {
    writeJson(io, { from, output, updated: !isSame, reason: null, changes, anchors: anchors.map(anchorJson) })
    return
  }
  const lines = changes.map(({ change, text }) => `${change.padEnd(7)}  ${text}`)
  lines.push(isSame ? `${output} is up to date` : `${output} is written, from ${from}`)
  io.stdout.write(`${lines.join('\n')}\n`)
}

export interface UpdateStateOptions {
  /** Path of the file of state. */
  readonly state: string
  /** Looks at zones that are not due too. */
  readonly force: boolean
  readonly json: boolean
}

/**
 * `danelaw anchors update --anchor-state`: looks at the DNSKEY RRset of each anchor's zone (RFC 5011). 0 where all
 * that were due are validated, 1 where one is not.
 */
export async function updateState(resolver: Resolver, options: UpdateStateOptions, io: Io): Promise<number> {
  const { state, force, json } = options
  if (resolver.trustAnchors.anchors.length === 0) {
    throw new DanelawError('bad-anchor', 'there is no trust anchor to begin with', { place: { file: state } })
  }
  const zones = await resolver.refreshTrustAnchors({ signal: io.signal, force })
  if (json) {
    writeJson(io, { state, zones: zones.map(zoneJson) })
  } else {
    const paint = paintFor(io.stdout, io.env)
    const lines = zones.flatMap(({ zone, outcome, failure, changes, nextLook }) => {
      const how = { validated: paint.good('validated'), failed: paint.bad('failed'), 'not-due': 'not due' }[outcome]
      const why = failure === undefined ? '' : `: ${printable(failure.text)}`
      return [
        `${paint.strong(zone.toCanonicalString())}  ${how}${why}, again at ${formatTime(nextLook)}`,
        ...changes.map(({ keyTag, from, to }) => `  key ${keyTag}: ${from} → ${to}`),
      ]
    })
    io.stdout.write(`${lines.join('\n')}\n`)
  }
  return zones.some(({ outcome }) => outcome === 'failed') ? 1 : 0
}

function zoneJson({ zone, outcome, failure, changes, nextLook }: TrustPointRefresh) {
  return {
    zone: zone.toCanonicalString(),
    outcome,
    reason: failure?.text ?? null,
    changes: changes.map(({ keyTag, from, to }) => ({ keyTag, from, to })),
    nextLook: formatTime(nextLook),
  }
}
