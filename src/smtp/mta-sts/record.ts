/** What the TXT records at `_mta-sts` say: the id of the policy, that there is none, or that they are not as they should be. */
export type StsRecord =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'none' }
  /** `why` is one sentence without a final dot. */
  | { readonly kind: 'invalid'; readonly why: string }

/**
 * Reads the TXT records of `_mta-sts` (RFC 8461 section 3.1). Those of other kinds are left aside; of what remains
 * there must be exactly one, and it must follow the grammar.
 * @param records the strings of each record, in octets
 */
export function readStsRecords(records: readonly (readonly Uint8Array[])[]): StsRecord {
  // Strings are put together without spaces; an octet is a character, and only those of US-ASCII pass below.
  const texts = records.map((strings) => Buffer.concat(strings).toString('latin1'))
  const [text, ...more] = texts.filter((each) => each.startsWith(VERSION))
  if (text === undefined) return { kind: 'none' }
  if (more.length > 0) return { kind: 'invalid', why: `${more.length + 1} TXT records start with ${VERSION}` }
  return readFields(text.slice(VERSION.length))
}

function readFields(text: string): StsRecord {
  const fields = text.split(';').map((field) => field.replace(SURROUNDING_SPACE, ''))
  // A delimiter may stand at the end.
  if (fields.at(-1) === '') fields.pop()
  for (const field of fields) {
    if (!FIELD.test(field)) return { kind: 'invalid', why: 'the TXT record does not follow its grammar' }
  }
  // Of fields that are there twice the first counts (RFC 8461 section 3.2).
  const id = fields.find((field) => field.startsWith('id='))?.slice('id='.length)
  if (id === undefined) return { kind: 'invalid', why: 'the TXT record has no id' }
  return isStsId(id) ? { kind: 'id', id } : { kind: 'invalid', why: 'the id of the TXT record is none' }
}

/** Whether a text can be an id: 1 to 32 letters and digits. */
export function isStsId(text: string): boolean {
  return /^[A-Za-z0-9]{1,32}$/.test(text)
}

const VERSION = 'v=STSv1;'
const SURROUNDING_SPACE = /^[ \t]+|[ \t]+$/g
/** sts-extension, which the other fields follow as well. */
const FIELD = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}=[\x21-\x3a\x3c\x3e-\x7e]+$/
