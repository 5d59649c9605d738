/** Items in the order of their keys, no two of them equal; found by halving. */
export class OrderedList<K, T extends { readonly key: K }> {
  readonly #compare: (a: K, b: K) => number
  readonly #items: T[] = []

  constructor(compare: (a: K, b: K) => number) {
    this.#compare = compare
  }

  get size(): number {
    return this.#items.length
  }

  get last(): T | undefined {
    return this.#items.at(-1)
  }

  /** The item with the greatest key that is not greater than `key`. */
  floor(key: K): T | undefined {
    return this.#items[this.#after(key) - 1]
  }

  /** Puts an item in its place, instead of one with an equal key. */
  put(item: T): void {
    const at = this.#after(item.key)
    const before = this.#items[at - 1]
    if (before !== undefined && this.#compare(before.key, item.key) === 0) this.#items[at - 1] = item
    else this.#items.splice(at, 0, item)
  }

  /** Takes this very item out, if it is there. */
  delete(item: T): void {
    const at = this.#after(item.key) - 1
    if (this.#items[at] === item) this.#items.splice(at, 1)
  }

  /** How many items have a key that is not greater. */
  #after(key: K): number {
    let low = 0
    let high = this.#items.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#compare(this.#items[middle]!.key, key) <= 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
