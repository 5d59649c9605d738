export interface Memory {
  /** Mebibytes of resident memory: at the start, at the most, at the end. */
  readonly before: number
  readonly peak: number
  readonly end: number
  readonly seconds: number
  readonly names: number
  readonly statuses: Readonly<Record<string, number>>
  readonly questions: number
  readonly exchanges: number
  /** Open at the same time, as far as was seen. */
  readonly mostSockets: number
  readonly mostTimers: number
  /** Open when the resolver was closed. */
  readonly left: { readonly sockets: number; readonly timers: number }
}

/**
 * @param heap `small` as the commands that run long keep it, `default` as V8 does
 * @param flags for Node.js
 */
export function measureMemory(names: number, heap: 'small' | 'default', flags?: readonly string[]): Promise<Memory>
