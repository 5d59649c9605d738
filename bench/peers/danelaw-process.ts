/** danelaw's resolver as a process of its own, so that its CPU time can be told from everybody else's. */
import process from 'node:process'
import { Resolver } from '../../src/resolver/resolver.ts'
import { readAnchors } from '../../src/resolver/read-anchors.ts'

/** What it is asked to do, one line of JSON on standard input; it answers with a line and waits for the next. */
export interface Batch {
  readonly names: readonly string[]
  /** Names asked at a time. */
  readonly width: number
}

export interface BatchResult {
  /** Microseconds of CPU, user and system. */
  readonly cpu: number
  /** Milliseconds from the first question to the last answer. */
  readonly wall: number
  readonly secure: number
}

const [port, anchorFile] = process.argv.slice(2)
const resolver = new Resolver({
  upstreams: [`127.0.0.1:${port}`],
  trustAnchors: readAnchors(anchorFile!),
})

async function work({ names, width }: Batch): Promise<BatchResult> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  let next = 0
  let secure = 0
  const ask = async (): Promise<void> => {
    for (let name = names[next++]; name !== undefined; name = names[next++]) {
      if ((await resolver.query(name, 'A')).status === 'secure') secure++
    }
  }
  await Promise.all(Array.from({ length: width }, ask))
  const wall = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  return { cpu: user + system, wall, secure }
}

let pending = ''
for await (const chunk of process.stdin.setEncoding('utf8')) {
  pending += chunk
  for (let end = pending.indexOf('\n'); end >= 0; end = pending.indexOf('\n')) {
    const result = await work(JSON.parse(pending.slice(0, end)) as Batch)
    pending = pending.slice(end + 1)
    process.stdout.write(`${JSON.stringify(result)}\n`)
  }
}
await resolver.close()
