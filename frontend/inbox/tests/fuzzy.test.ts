import { expect, test } from 'vitest';
import { best, plain, score } from '$features/shell/fuzzy';
import { modeOf } from '$features/shell/palette-rows';

test('the beginning of a word counts more than its middle, and letters apart least', () => {
  expect(score('Assign to me', 'assign')).toBeGreaterThan(score('Reassign', 'assign'));
  expect(score('Reassign', 'assign')).toBeGreaterThan(score('Assign', 'asgn'));
  expect(score('Assign', 'asgn')).toBeGreaterThan(0);
  expect(score('Go to inbox', 'gti')).toBeGreaterThan(0);
  expect(score('Snooze', 'xyz')).toBe(0);
  expect(score('Close and go to the next', 'close next')).toBeGreaterThan(0);
  expect(score('Close and go to the next', 'close never')).toBe(0);
});

test('accents do not matter, letters of other scripts do', () => {
  expect(score('Gruß an Müller', 'muller')).toBeGreaterThan(0);
  expect(score('Вернуть деньги', 'деньги')).toBeGreaterThan(0);
  expect(score('退款申请', '退款')).toBeGreaterThan(0);
  expect(score('คืนเงิน', 'คืน')).toBeGreaterThan(0);
  expect(plain('คืน')).not.toBe(plain('คน'));
});

test('the best come first and equals keep their order', () => {
  const found = best(['Reopen', 'Open', 'Open settings', 'Other'], (each) => each, 'open', 3);
  expect(found).toEqual(['Open', 'Open settings', 'Reopen']);
  expect(best(['b', 'a'], (each) => each, '', 5)).toEqual(['b', 'a']);
});

/** The quickest of five rankings of so many rows. */
function rankingMs(count: number): number {
  const rows = Array.from({ length: count }, (_, n) => `#${n} Where is my order ${n} Mia Laurent`);
  const times = Array.from({ length: 5 }, () => {
    const began = performance.now();
    best(rows, (each) => each, 'order mia', 5);
    return performance.now() - began;
  });
  return Math.min(...times);
}

test('ten times the rows take about ten times as long', () => {
  rankingMs(500);
  expect(rankingMs(10_000)).toBeLessThan(40 * Math.max(rankingMs(1_000), 0.1));
});

test('the first character says what is looked for', () => {
  expect(modeOf('> close')).toEqual({ mode: '>', words: 'close' });
  expect(modeOf('#48213')).toEqual({ mode: '#', words: '48213' });
  expect(modeOf('refund')).toEqual({ mode: '', words: 'refund' });
});
