import { existsSync } from 'node:fs'
import { ROOT_ANCHORS } from '../../dnssec/root-anchors.ts'
import type { Io } from '../io.ts'
import { writeJson } from '../output.ts'
import { paintFor, printable } from '../paint.ts'
import { formatTime } from '../time.ts'
import { anchorChanges } from './changes.ts'
import { anchorJson, anchorLines } from './show.ts'
import { fetchSource, PACKAGED_ANCHORS, PACKAGED_AUTHORITIES, signatureBeside } from './source.ts'
import { type CheckedDocument, checkDocument, readDocument, type VerificationOptions } from './verified.ts'

export interface CheckOptions extends VerificationOptions {
  /** Path of the document; undefined for the one that came with the package. */
  readonly file: string | undefined
  /** Path of the signature; undefined for the one beside the document. */
  readonly signature: string | undefined
  readonly json: boolean
}

/** `danelaw anchors check`: 0 where the signature holds, 1 where it does not or there is none. */
export async function check(options: CheckOptions, io: Io): Promise<number> {
  const { json, at } = options
  const document = await fetchSource(options.file ?? PACKAGED_ANCHORS, io.signal)
  const anchors = readDocument(document)
  const signature = options.signature ?? signatureBeside(document.name)
  const isThere = options.signature !== undefined || existsSync(signature)
  const { verdict, hint } = isThere
    ? checkDocument(document, await fetchSource(signature, io.signal), options)
    : unsigned(signature)

  if (json) {
    writeJson(io, {
      file: document.name,
      signature: isThere ? signature : null,
      authorities: options.authorities ?? PACKAGED_AUTHORITIES,
      verified: verdict.verified,
      reason: verdict.verified ? null : verdict.reason,
      path: verdict.verified ? verdict.path : [],
      validUntil: verdict.verified ? formatTime(verdict.until) : null,
      anchors: anchors.map(anchorJson),
      builtIn: isBuiltIn(anchors, at),
    })
  } else {
    const paint = paintFor(io.stdout, io.env)
    const lines = anchors.flatMap((anchor) => anchorLines(anchor, document.name, at, paint))
    lines.push(isBuiltIn(anchors, at) ? 'the same as built in' : paint.fair('not the same as built in'))
    if (verdict.verified) {
      lines.push(`${paint.good('signature verified')}, until ${formatTime(verdict.until)}`)
      lines.push(...verdict.path.map((label) => `  ${printable(label)}`))
    } else {
      lines.push(`${paint.bad('signature not verified')}: ${printable(verdict.reason)}`)
      if (hint !== undefined) lines.push(`  ${hint}`)
    }
    io.stdout.write(`${lines.join('\n')}\n`)
  }
  return verdict.verified ? 0 : 1
}

function unsigned(signature: string): Pick<CheckedDocument, 'verdict' | 'hint'> {
  return {
    verdict: { verified: false, reason: `there is no ${signature}` },
    hint: 'fetch root-anchors.p7s, which IANA publishes beside root-anchors.xml, or give it with --signature',
  }
}

/** Whether what is in force is what the program has built in. */
function isBuiltIn(anchors: Parameters<typeof anchorChanges>[0], at: number): boolean {
  const open = anchors.map((anchor) => ({
    ...anchor,
    ds: anchor.ds.filter(({ validUntil = Number.MAX_SAFE_INTEGER }) => at < validUntil),
  }))
  return anchorChanges(ROOT_ANCHORS, open).length === 0
}
