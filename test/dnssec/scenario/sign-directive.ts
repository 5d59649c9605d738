/** `$SIGN`: signatures other than the proper ones. */
import { Name } from '../../../src/wire/name.ts'
import type { ResourceRecord } from '../../../src/wire/record.ts'
import type { RrsigFields } from '../../lab/signer/sign-rrset.ts'
import { type Directive, typeFrom } from './body.ts'
import type { ScenarioKey } from './keys.ts'
import { type Line, type Options, at, fail, optionsFrom } from './parse.ts'
import { parseTime } from './time.ts'

export interface Sign {
  readonly owner: Name
  readonly type: number
  readonly options: Options
  readonly also: boolean
  readonly by: number | undefined
  readonly key: ScenarioKey['key'] | undefined
}

/** Zones whose keys a directive may name. */
export interface KeyHolder {
  readonly label: string
  readonly keys: readonly ScenarioKey[]
}

export function readSign(
  { line, words: [owner, type, ...rest] }: Directive,
  zones: readonly KeyHolder[],
  apex: Name,
): Sign {
  const options = optionsFrom(rest)
  for (const option of options.keys())
    if (!SIGN_OPTIONS.has(option)) throw fail(line, `'${option}' is no option of $SIGN`)
  const by = options.get('by')
  const key = options.get('key')
  return {
    owner: at(line, () => Name.parse(owner!, apex)),
    type: typeFrom(line, type),
    options,
    also: options.has('also'),
    by: by === undefined ? undefined : Number(by),
    key: key === undefined ? undefined : keyFrom(line, key, zones),
  }
}

export function changeFields(fields: RrsigFields, { options }: Sign, clock: number): RrsigFields {
  const number = (option: string, otherwise: number): number => Number(options.get(option) ?? otherwise)
  const time = (option: string, otherwise: number): number =>
    options.has(option) ? parseTime(options.get(option)!, clock) % 2 ** 32 : otherwise
  return {
    ...fields,
    labels: number('labels', fields.labels),
    algorithm: number('alg', fields.algorithm),
    keyTag: number('tag', fields.keyTag),
    originalTtl: number('ttl', fields.originalTtl),
    inception: time('inception', fields.inception),
    expiration: time('expiration', fields.expiration),
    signerName: options.has('signer') ? Name.parse(options.get('signer')!) : fields.signerName,
  }
}

export function tamperWith(rrsig: ResourceRecord, { options }: Sign): ResourceRecord {
  if (options.has('malformed')) return { ...rrsig, rdata: rrsig.rdata.slice(0, 12) }
  if (!options.has('flip')) return rrsig
  const rdata = rrsig.rdata.slice()
  rdata[rdata.length - 1]! ^= 1
  return { ...rrsig, rdata }
}

/** `example./2`: the second key of that zone. */
function keyFrom(line: Line, text: string, zones: readonly KeyHolder[]): ScenarioKey['key'] {
  const slash = text.lastIndexOf('/')
  const zone = zones.find(({ label }) => label === text.slice(0, slash))
  const key = zone?.keys[Number(text.slice(slash + 1)) - 1]
  if (key === undefined) throw fail(line, `there is no key ${text}`)
  return key.key
}

const SIGN_OPTIONS: ReadonlySet<string> = new Set([
  'alg',
  'also',
  'by',
  'expiration',
  'flip',
  'inception',
  'key',
  'labels',
  'malformed',
  'none',
  'signer',
  'tag',
  'ttl',
])
