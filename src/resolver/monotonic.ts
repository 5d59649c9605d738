/** Milliseconds of a clock that nobody sets: `performance.now()` would load much else first. */
export function monotonic(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}
