import type { TraceLine } from '@aftercare/api';
import { useWords } from '@aftercare/ui';
import { de } from '@aftercare/ui/words/de';
import { en } from '@aftercare/ui/words/en';
import { afterEach, expect, test } from 'vitest';
import { leftWords } from '$features/rules/left';
import { firstFailed, lineWords, treeOf } from '$features/rules/trace';

useWords('en', {}, en);
afterEach(() => useWords('en', {}, en));

const line = (path: string, is_true: boolean | null, actual: unknown = 'x'): TraceLine => ({
  path,
  text: path,
  wanted: 'y',
  actual,
  is_true,
});
const NOT_READ = 'not read';

test('UX 46: the first condition that failed is named, the group around it where any would have done', () => {
  const root = treeOf([
    line('conditions.all.0', true),
    line('conditions.all.1.any.0', false),
    line('conditions.all.1.any.1.all.0', false),
    line('conditions.all.2.not.any.0', null, NOT_READ),
  ]);
  expect(firstFailed(root)?.path).toBe('conditions.all.1');
  const none = root?.kind === 'group' ? root.children[2] : undefined;
  expect(none).toMatchObject({ kind: 'group', mode: 'none', isRead: false, isTrue: null });
});

test('what cannot be decided is what failed where nothing else did', () => {
  const root = treeOf([
    line('conditions.all.0', true),
    line('conditions.all.1', null, 'no order'),
    line('conditions.all.2.none.0', false),
  ]);
  expect(root?.isTrue).toBeNull();
  expect(firstFailed(root)?.path).toBe('conditions.all.1');
});

test('a match has nothing that failed, and one condition needs no group', () => {
  expect(firstFailed(treeOf([line('conditions.any.0', false), line('conditions.any.1', true)]))).toBeNull();
  expect(treeOf([line('conditions', false)])).toMatchObject({ kind: 'leaf', isTrue: false });
  expect(treeOf([])).toBeNull();
});

test('a line is said in the reader’s language where its parts are told, else as the server says it', () => {
  const told = {
    ...line('conditions.all.0', false),
    field: 'order.state',
    operator: 'is',
    wanted: 'picking',
  };
  expect(lineWords(told, {})).toBe('Order state is being picked');
  expect(lineWords(line('conditions.all.0', false), {})).toBe('conditions.all.0');
  useWords('de', de, en);
  expect(lineWords(told, {})).toBe('Stand der Bestellung ist wird zusammengestellt');
});

test('what is left of a timer is counted by seconds within the hour', () => {
  expect(leftWords(899_001)).toBe('15:00');
  expect(leftWords(61_000)).toBe('1:01');
  expect(leftWords(-5)).toBe('0:00');
  expect(leftWords(3 * 3_600_000)).toBe('3h');
});
