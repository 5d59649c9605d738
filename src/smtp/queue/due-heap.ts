/** Names by the time they are due, the earliest first: a binary heap. */
export class DueHeap {
  readonly #items: Due[] = []

  get size(): number {
    return this.#items.length
  }

  get first(): Due | undefined {
    return this.#items[0]
  }

  push(item: Due): void {
    const items = this.#items
    let at = items.length
    items.push(item)
    while (at > 0) {
      const above = (at - 1) >> 1
      if (items[above]!.due <= item.due) break
      items[at] = items[above]!
      at = above
    }
    items[at] = item
  }

  pop(): Due | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (first === undefined || last === undefined || items.length === 0) return first
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= items.length) break
      if (below + 1 < items.length && items[below + 1]!.due < items[below]!.due) below++
      if (items[below]!.due >= last.due) break
      items[at] = items[below]!
      at = below
    }
    items[at] = last
    return first
  }
}

export interface Due {
  readonly id: string
  /** Milliseconds since 1970. */
  readonly due: number
}
