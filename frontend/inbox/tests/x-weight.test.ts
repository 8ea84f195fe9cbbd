import { expect, test } from 'vitest';
import { roomOf } from '$features/composer/segments';
import { weight } from '$features/composer/x-weight';
import cases from '../../../tests/golden/x_weights.json';

test.each(cases)('the composer weighs a post like the server: $text', (each) => {
  expect(weight(each.text)).toBe(each.weight);
});

test('a post is over its room by weight, not by letters', () => {
  const text = '包'.repeat(141);
  expect(roomOf('x', text, 280, weight)).toEqual({ used: 282, limit: 280, parts: 1, isOver: true });
  expect(roomOf('x', text, 10_000)?.isOver).toBe(false);
});
