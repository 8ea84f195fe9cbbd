// @vitest-environment node
import { expect, test } from 'vitest';
import { namedKeys } from '../../scripts/first-words.ts';

const KEYS = ['list.total', 'status.open', 'status.spam', 'rules.title', 'me.name'];

test('words are first when a first source names them, whole or by their beginning', () => {
  const sources = ["t('list.total', { n })", 't(`status.${ticket.status}`)', 'link("/me.name/x")'];
  expect(namedKeys(KEYS, sources)).toEqual(['list.total', 'status.open', 'status.spam']);
});

test('what no first source names comes later', () => {
  expect(namedKeys(KEYS, ["import('./rules.title')"])).toEqual([]);
});
