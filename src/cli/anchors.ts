import { DanelawError } from '../errors.ts'
import { check } from './anchors/check.ts'
import { showJson, showText } from './anchors/show.ts'
import { updateFile, updateState } from './anchors/update.ts'
import { defineCommand, type Input } from './command.ts'
import type { Io } from './io.ts'
import { flag, optional, type OptionTable, readPath } from './option.ts'
import { writeJson } from './output.ts'
import { paintFor } from './paint.ts'
import { RESOLVING_OPTIONS, withResolver } from './resolving.ts'
import { suggest } from './suggest.ts'

const OPTIONS = {
  ...RESOLVING_OPTIONS,
  from: optional('FILE|URL', readPath, 'update: a new root-anchors.xml, from a file or over https'),
  output: optional('FILE', readPath, 'update: the file that the new document replaces'),
  signature: optional(
    'FILE|URL',
    readPath,
    'check, update: the signature of the document; default: beside it, with .p7s for .xml',
  ),
  ca: optional(
    'FILE',
    readPath,
    "check, update: certificates of the authorities in PEM, as ICANN's icannbundle.pem; default: ICANN's of 2009",
  ),
  signer: optional('ADDR', readAddress, 'check, update: whose certificate signs; default: dnssec@iana.org'),
  force: flag('update: also where it is not due yet, or the new document lacks a key'),
} as const satisfies OptionTable

export const anchors = defineCommand({
  name: 'anchors',
  description:
    'The trust anchors that every chain of trust starts from. show: those in force, and since when they count. check: a root-anchors.xml and its signature by ICANN. update: replaces such a file by a newer one whose signature holds; or looks at the keys of the zones and keeps what became of them in the file --anchor-state (RFC 5011), to be run once a day or more often.',
  args: [
    { name: 'ACTION', required: false, help: 'show (default), check or update' },
    { name: 'FILE', required: false, help: 'what to check; default: the root-anchors.xml of this package' },
  ],
  servers: true,
  options: OPTIONS,
  statuses: [
    [0, 'shown; the signature holds; up to date'],
    [1, 'the signature does not hold, there is none, or the keys of a zone could not be validated'],
  ],
  examples: [
    'danelaw anchors',
    'danelaw anchors check root-anchors.xml --ca icannbundle.pem',
    'danelaw anchors update --from https://data.iana.org/root-anchors/root-anchors.xml \\',
    '    --ca icannbundle.pem --output root-anchors.xml',
    'danelaw anchors update --anchor-state /var/lib/danelaw/anchors.json',
  ],
  async run(input, io) {
    const { args, options, servers } = input
    const [action = 'show', file] = args
    if (file !== undefined && action !== 'check')
      throw usage(`'${file}' is too much: danelaw anchors ${action} takes no FILE`)
    if (action !== 'update' || options['anchor-state'] === undefined) {
      // No lookup: then an upstream is a mistake, and none has to be there.
      if (servers.length > 0) throw usage(`danelaw anchors ${action} asks nobody, and @${servers[0]} is an upstream`)
    }
    switch (action) {
      case 'show':
        return await show(input, io)
      case 'check':
        return await check({ file, signature: options.signature, json: options.json, ...verification(input, io) }, io)
      case 'update':
        return await update(input, io)
      default:
        throw new DanelawError('usage', `unknown action '${action}' of danelaw anchors`, {
          hint: `did you mean ${suggest(action, ACTIONS) ?? ACTIONS.join(', ')}?`,
        })
    }
  },
})

async function show(input: Input<typeof OPTIONS>, io: Io): Promise<number> {
  const { options } = input
  const given = [...options.anchor, options['anchors-config'], options['anchor-state']].filter(
    (path) => path !== undefined,
  )
  const silent = { ...input, servers: options.fixture === undefined ? [NOBODY] : [] }
  return await withResolver(silent, io, async ({ resolver, now }) => {
    if (options.json) writeJson(io, showJson(resolver, given.length > 0 ? given : null))
    else
      io.stdout.write(
        showText(resolver, given.length > 0 ? given.join(', ') : 'built in', now, paintFor(io.stdout, io.env)),
      )
    return 0
  })
}

async function update(input: Input<typeof OPTIONS>, io: Io): Promise<number> {
  const { options } = input
  const { from, output, signature, force, json } = options
  const state = options['anchor-state']
  if (from === undefined && state !== undefined) {
    return await withResolver(
      input,
      io,
      async ({ resolver }) => await updateState(resolver, { state, force, json }, io),
    )
  }
  if (from === undefined || output === undefined) {
    throw usage('danelaw anchors update needs --from and --output, or --anchor-state')
  }
  if (state !== undefined) throw usage('--from and --anchor-state exclude each other')
  return await updateFile({ from, output, signature, force, json, ...verification(input, io) }, io)
}

function verification({ options }: Input<typeof OPTIONS>, io: Io) {
  return { authorities: options.ca, signer: options.signer ?? IANA, at: options.at ?? io.now() }
}

function readAddress(text: string, name: string): string {
  if (/^[^\s@]+@[^\s@]+$/.test(text)) return text
  throw new DanelawError('usage', `'${text}' is not an address`, { place: { option: name } })
}

function usage(message: string): DanelawError {
  return new DanelawError('usage', message, { hint: 'see danelaw anchors --help' })
}

const ACTIONS = ['show', 'check', 'update']
const IANA = 'dnssec@iana.org'
/** An upstream that is never asked, so that a system without one can show its anchors. */
const NOBODY = '127.0.0.1'
