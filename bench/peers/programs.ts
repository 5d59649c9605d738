import { program } from '../../test/interop/peers/program.ts'

/** Whether a program of somebody else is installed. */
export function isThere(name: string): boolean {
  try {
    program(name)
    return true
  } catch {
    return false
  }
}
