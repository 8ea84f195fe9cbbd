import { beforeEach, expect, test } from 'vitest';
import { avatarTint, fileSize, initials, listTime, money } from '../src/format';
import { isTyping, keysOf } from '../src/keys';
import { chooseLanguage, t, useWords, type Translation } from '../src/words';
import { de } from '../src/words/de';
import { en } from '../src/words/en';

beforeEach(() => useWords('en-GB', en));

const placeholders = (word: string | { other: string }) =>
  [
    ...new Set(
      [...(typeof word === 'string' ? word : word.other).matchAll(/\{(\w+)\}/g)].map((found) => found[1]),
    ),
  ].sort();

test('German has every word, with the same placeholders, and is translated', () => {
  expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort());
  for (const [key, word] of Object.entries(en as Translation)) {
    expect([key, placeholders((de as Record<string, string>)[key] ?? '')]).toEqual([key, placeholders(word)]);
  }
  const same = Object.entries(en).filter(
    ([key, word]) => JSON.stringify(word) === JSON.stringify(de[key as keyof typeof en]),
  );
  expect(same.length / Object.keys(en).length).toBeLessThan(0.15);
});

test('plurals follow the language and numbers its spelling', () => {
  expect(t('list.total', { n: 1 })).toBe('1 ticket');
  expect(t('list.total', { n: 1204 })).toBe('1,204 tickets');
  useWords('de', de);
  expect(t('list.total', { n: 1204 })).toBe('1.204 Tickets');
});

test('a value with curly brackets is not filled in a second time', () => {
  expect(t('row.you', { text: '{n} and {text}' })).toBe('You: {n} and {text}');
});

test('the first language that we have is chosen', () => {
  expect(chooseLanguage(['cs', 'de-AT', 'en'])).toBe('de');
  expect(chooseLanguage(['cs'])).toBe('en');
});

test('money has the shop’s currency, a real minus and the right number of digits', () => {
  expect(money({ minor: 8490, currency: 'EUR' })).toBe('€84.90');
  expect(money({ minor: -490, currency: 'EUR' })).toBe('−€4.90');
  expect(money({ minor: 4200, currency: 'JPY' })).toContain('4,200');
});

test('times in lists are short', () => {
  const now = new Date('2026-11-21T19:00:00Z');
  expect(listTime('2026-11-21T18:58:00Z', now)).toBe('2m');
  expect(listTime('2026-11-21T17:00:00Z', now)).toBe('2h');
  expect(listTime('2026-11-01T12:00:00Z', now)).toBe('1 Nov');
});

test('initials suit the script and tints stay the same', () => {
  expect(initials('Mia Laurent')).toBe('ML');
  expect(initials('佐藤 美咲')).toBe('佐');
  expect(initials('  ')).toBe('?');
  expect(avatarTint('abc')).toBe(avatarTint('abc'));
});

test('sizes are readable', () => {
  expect(fileSize(183_000)).toBe('183 kB');
  expect(fileSize(1_400_000)).toBe('1.4 MB');
});

test('keys are spelled one way', () => {
  expect(keysOf(new KeyboardEvent('keydown', { key: 'K', ctrlKey: true }))).toBe('mod+k');
  expect(keysOf(new KeyboardEvent('keydown', { key: '?', shiftKey: true }))).toBe('?');
  expect(keysOf(new KeyboardEvent('keydown', { key: 'J', shiftKey: true }))).toBe('shift+j');
  expect(isTyping(document.createElement('textarea'))).toBe(true);
});
