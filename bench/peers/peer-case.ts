import type { Case } from '../result.ts'

/** A case that needs programs or packages of others. */
export interface PeerCase extends Case {
  /** What is not there, each with the command that gets it. */
  missing(): Promise<readonly string[]>
}
