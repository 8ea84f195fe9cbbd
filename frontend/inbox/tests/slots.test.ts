import { expect, test } from 'vitest';
import { Slots } from '../src/features/ticket-list/slots';

test('a row keeps its element while it is in sight, and elements are used again', () => {
  const slots = new Slots();
  const before = slots.place(['a', 'b', 'c'], 0);
  const after = slots.place(['b', 'c', 'd', 'e'], 1);
  expect(before.map(({ slot }) => slot)).toEqual([0, 1, 2]);
  expect(after.map(({ slot, id, index }) => [slot, id, index])).toEqual([
    [1, 'b', 1],
    [2, 'c', 2],
    [0, 'd', 3],
    [3, 'e', 4],
  ]);
});

test('a thousand steps through a list need no more elements than are in sight at once', () => {
  const slots = new Slots();
  const ids = Array.from({ length: 10_000 }, (_, index) => `t${index}`);
  const used = new Set<number>();
  for (let first = 0; first < 9_000; first += 9) {
    const placed = slots.place(ids.slice(first, first + 24), first);
    expect(new Set(placed.map(({ slot }) => slot)).size).toBe(24);
    for (const { slot } of placed) used.add(slot);
  }
  expect(used.size).toBe(24);
});
