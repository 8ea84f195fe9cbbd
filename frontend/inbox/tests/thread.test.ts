import type { Message } from '@aftercare/api';
import { expect, test } from 'vitest';
import { earlier, later, NEWEST, within, type Block, type Stretch } from '../src/features/ticket/thread';

/** A thread of so many messages, with a divider before every tenth and changes after every seventh. */
function thread(count: number): Block[] {
  const blocks: Block[] = [];
  for (let n = 1; n <= count; n++) {
    if (n % 10 === 1) blocks.push({ kind: 'day', key: `dm${n}`, label: '', channel: null });
    blocks.push({ kind: 'message', key: `m${n}`, message: { id: `m${n}` } as Message });
    if (n % 7 === 0) blocks.push({ kind: 'events', key: `e${n}`, events: [] });
  }
  return blocks;
}

function shown(blocks: Block[], stretch: Stretch): string[] {
  const { from, to } = within(blocks, stretch);
  return blocks.slice(from, to).flatMap((block) => (block.kind === 'message' ? [block.key] : []));
}

test('a thread begins with its newest messages, whatever its length', () => {
  expect(shown(thread(2000), NEWEST)).toHaveLength(30);
  expect(shown(thread(2000), NEWEST).at(-1)).toBe('m2000');
  expect(shown(thread(3), NEWEST)).toEqual(['m1', 'm2', 'm3']);
  expect(within([], NEWEST)).toEqual({ from: 0, to: 0 });
});

test('walking up and down again shows every message once on the way and never too many', () => {
  const blocks = thread(2000);
  const seen = new Set<string>();
  let stretch: Stretch = NEWEST;
  for (let n = 0; n < 100; n++) {
    const here = shown(blocks, stretch);
    expect(here.length).toBeLessThanOrEqual(91);
    here.forEach((key) => seen.add(key));
    stretch = earlier(blocks, stretch);
  }
  expect(seen.size).toBe(2000);
  expect(shown(blocks, stretch)[0]).toBe('m1');
  for (let n = 0; n < 100; n++) stretch = later(blocks, stretch);
  expect(shown(blocks, stretch).at(-1)).toBe('m2000');
  expect(stretch.last).toBeNull();
});

test('older messages that arrive above move nothing that is shown', () => {
  const all = thread(300);
  const known = all.slice(all.findIndex((block) => block.key === 'm200'));
  const stretch = earlier(known, NEWEST);
  expect(shown(all, stretch)).toEqual(shown(known, stretch));
});

test('a message that is gone opens the newest end', () => {
  const blocks = thread(100);
  expect(shown(blocks, { first: 'gone', last: 'gone too' }).at(-1)).toBe('m100');
});
