import type { Status } from '../dnssec/status.ts'
import { readName, readType } from './argument-readers.ts'
import { answerJson } from './answer-json.ts'
import { answerText } from './answer-text.ts'
import { defineCommand } from './command.ts'
import { reader } from './option.ts'
import { jsonText, writeLast } from './output.ts'
import { paintFor, printable } from './paint.ts'
import { RESOLVING_OPTIONS, withResolver } from './resolving.ts'

export const query = defineCommand({
  name: 'query',
  description:
    'Looks a name up, validates the answer from the trust anchors down, and shows the verdict, the records, the reason where it is not secure, and the chain of trust. Aliases are followed. A bogus answer shows no records.',
  args: [
    { name: 'NAME', required: true, help: 'the domain name, with or without its final dot' },
    { name: 'TYPE', required: false, help: 'the RR type, as MX or TYPE65534; default: A' },
  ],
  servers: true,
  options: RESOLVING_OPTIONS,
  statuses: [
    [0, 'secure'],
    [2, 'insecure'],
    [3, 'bogus'],
    [4, 'indeterminate: no usable answer'],
  ],
  examples: [
    'danelaw query example.com MX',
    'danelaw query @192.0.2.1 _25._tcp.mx.example.com TLSA --json',
    'danelaw query --fixture zones/ --anchor root.ds --at 2026-11-22T13:00:00Z example.com',
  ],
  async run(input, io) {
    const [nameText, typeText = 'A'] = input.args
    const name = reader(readName)(nameText!, 'NAME')
    const type = reader(readType)(typeText, 'TYPE')
    return await withResolver(input, io, async ({ resolver, now }) => {
      const answer = await resolver.query(name, type, { signal: io.interruption ?? io.signal })
      // What a walk asks ahead depends on when answers arrive: a recording is to give the same document.
      const live = input.options.fixture === undefined && input.options.record === undefined
      writeLast(
        io,
        input.options.json
          ? jsonText(answerJson(answer, live ? resolver.stats.questions : null))
          : answerText(answer, { paint: paintFor(io.stdout, io.env), now }),
      )
      // Where a person sees both streams, it stands there already.
      const told = io.stdout.isTerminal && !input.options.json
      if (answer.status === 'indeterminate' && !told) io.stderr.write(`danelaw: ${printable(answer.reason.text)}\n`)
      return STATUSES[answer.status]
    })
  },
})

const STATUSES: Readonly<Record<Status, number>> = { secure: 0, insecure: 2, bogus: 3, indeterminate: 4 }
