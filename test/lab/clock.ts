/** The time in the lab, in Unix seconds. It stands still unless somebody moves it. */
export class Clock {
  now: number

  constructor(now: number = Math.floor(Date.now() / 1000)) {
    this.now = now
  }

  /** The clock as the function that time is taken from. */
  readonly read = (): number => this.now

  advance(seconds: number): void {
    this.now += seconds
  }
}
