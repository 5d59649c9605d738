import { setFlagsFromString } from 'node:v8'

/**
 * For a command that runs long and shares its machine: the heap may grow by a third over what is alive before garbage
 * is collected. V8 by itself waits until it is some four times as large: 200 MiB for a resolver with 20 MiB alive,
 * which takes 135 this way and 3 % more time (measured: bench/README.md). A library must not do this to its program.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=30')
}
