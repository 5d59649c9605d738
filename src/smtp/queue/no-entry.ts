import { DanelawError } from '../../errors.ts'

/** For an ID that no message of the queue has; what it is may come from anybody. */
export function noEntry(id: string): DanelawError {
  return new DanelawError('no-entry', `there is no message '${id.slice(0, 100)}' in the queue`)
}
