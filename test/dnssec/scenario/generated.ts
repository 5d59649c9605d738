/** Scenarios that a test writes itself: zones in the language of test/vectors/scenarios. */
import { parseScenario } from './parse.ts'
import { type Prepared, prepare } from './run.ts'

/** `sections` are zones and replies; what is expected is the test's own business. */
export function generated(question: string, sections: string, header = ''): Prepared {
  const head = `about: generated\nrule: none\nquestion: ${question}\nexpect: secure\n${header}`
  return prepare(parseScenario('generated', `${head}\n${sections}`))
}
