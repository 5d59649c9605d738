import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OrderedList } from '../../../src/resolver/cache/ordered-list.ts'

const list = () => new OrderedList<number, { key: number; value?: number }>((a, b) => a - b)

test('holds what a sorted map would, whatever is put in and taken out', () => {
  const step = fc.record({ key: fc.integer({ min: 0, max: 40 }), remove: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const subject = list()
      const model = new Map<number, { key: number }>()
      for (const { key, remove } of steps) {
        const item = { key }
        if (remove) {
          const known = model.get(key)
          subject.delete(known ?? item)
          model.delete(key)
        } else {
          subject.put(item)
          model.set(key, item)
        }
        const keys = [...model.keys()].toSorted((a, b) => a - b)
        expect(subject.size).toBe(keys.length)
        expect(subject.last?.key).toBe(keys.at(-1))
        for (const probe of [-1, key - 1, key, key + 1, 50]) {
          expect(subject.floor(probe)).toBe(model.get(keys.findLast((each) => each <= probe)!))
        }
      }
    }),
  )
})

test('takes out only the very item, not another with its key', () => {
  const subject = list()
  const [one, two] = [
    { key: 1, value: 1 },
    { key: 1, value: 2 },
  ]
  subject.put(one)
  subject.put(two)
  subject.delete(one)
  expect(subject.floor(1)).toBe(two)
  subject.delete(two)
  expect(subject.size).toBe(0)
})
