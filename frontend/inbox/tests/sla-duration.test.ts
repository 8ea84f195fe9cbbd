import { expect, test } from 'vitest';
import { readDuration, writeDuration } from '../src/features/sla/duration';

test('a target is written as people say it and read back as seconds', () => {
  const said = { '30m': 1800, '4h': 14_400, '1h 30m': 5400, '2d 4h': 187_200, '14d': 1_209_600 };
  for (const [text, seconds] of Object.entries(said)) {
    expect(readDuration(text)).toBe(seconds);
    expect(writeDuration(seconds)).toBe(text);
  }
});

test('other ways to write it mean the same', () => {
  expect(readDuration('90m')).toBe(5400);
  expect(readDuration('1,5h')).toBe(5400);
  expect(readDuration('2D4H')).toBe(187_200);
  expect(readDuration('2 d 4 h')).toBe(187_200);
  expect(readDuration(' 4 ')).toBe(14_400);
});

test('nothing is no target, and what is no time is refused', () => {
  expect(readDuration('')).toBeNull();
  expect(writeDuration(null)).toBe('');
  for (const text of ['soon', '4x', '-1h', '4h 2', '0m', '20s']) expect(readDuration(text)).toBeUndefined();
});
