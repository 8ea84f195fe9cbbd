import { beforeEach, expect, test } from 'vitest';
import { avatarTint, fileSize, initials, listTime, money } from '../src/format';
import { isCharacterKeys, isTyping, keysOf, showKeys } from '../src/keys';
import { chooseLanguage, directionOf, findLanguage, LANGUAGES } from '../src/languages';
import { t, useWords, type Translation, type Words } from '../src/words';
import { de } from '../src/words/de';
import { en } from '../src/words/en';

beforeEach(() => useWords('en-GB', {}, en));

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
  useWords('de', de, en);
  expect(t('list.total', { n: 1204 })).toBe('1.204 Tickets');
});

test('a value with curly brackets is not filled in a second time', () => {
  expect(t('row.you', { text: '{n} and {text}' })).toBe('You: {n} and {text}');
});

test('the first language that we have is chosen', () => {
  expect(chooseLanguage(['sv', 'de-AT', 'en']).tag).toBe('de');
  expect(chooseLanguage(['zh-Hant-TW']).tag).toBe('zh');
  expect(chooseLanguage(['sv']).tag).toBe('en');
  expect(findLanguage('ar-XB')?.tag).toBe('ar-XB');
  expect(findLanguage('ar')).toBeUndefined();
  expect([directionOf('ar-XB'), directionOf('th')]).toEqual(['rtl', 'ltr']);
});

test('what a language does not say is said in English, with English plurals', () => {
  useWords('pl', { 'common.close': 'Zamknij' } satisfies Words, en);
  expect(t('common.close')).toBe('Zamknij');
  expect(t('list.total', { n: 2 })).toBe('2 tickets');
});

test.each(LANGUAGES.map((each) => each.tag))(
  '%s invents no words, keeps placeholders, and has every plural form',
  async (tag) => {
    const words = (await findLanguage(tag)?.load()) as Words;
    const rules = new Intl.PluralRules(tag);
    const forms = [...new Set(Array.from({ length: 200 }, (_, n) => rules.select(n)))];
    for (const [key, word] of Object.entries(words)) {
      const english = (en as Translation)[key as keyof typeof en];
      expect([key, english === undefined]).toEqual([key, false]);
      expect([key, placeholders(word)]).toEqual([key, placeholders(english)]);
      expect([key, typeof word]).toEqual([key, typeof english]);
      if (typeof word !== 'string') expect([key, forms.filter((form) => !(form in word))]).toEqual([key, []]);
    }
  },
);

test('the pseudo languages say every word and keep placeholders', async () => {
  for (const tag of ['en-XA', 'ar-XB']) {
    const words = (await findLanguage(tag)?.load()) as Words;
    expect(Object.keys(words).sort()).toEqual(Object.keys(en).sort());
    for (const [key, word] of Object.entries(en as Translation))
      expect([key, placeholders(words[key as keyof typeof en] as string)]).toEqual([key, placeholders(word)]);
  }
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

const press = (key: string, code: string, more: KeyboardEventInit = {}) =>
  keysOf(new KeyboardEvent('keydown', { key, code, ...more }));

test('on a layout without Latin letters the place of the key counts', () => {
  expect(press('о', 'KeyJ')).toBe('j'); // Russian
  expect(press('О', 'KeyJ', { shiftKey: true })).toBe('shift+j');
  expect(press('л', 'KeyK', { metaKey: true })).toBe('mod+k');
  expect(press('х', 'BracketLeft')).toBe('[');
  expect(press('ξ', 'KeyJ')).toBe('j'); // Greek
  expect(press('่', 'KeyJ')).toBe('j'); // Thai: a mark, not a letter
  expect(press('ฦ', 'Slash', { shiftKey: true })).toBe('?');
});

test('on a Latin layout the character counts, wherever its key is', () => {
  expect(press('a', 'KeyQ')).toBe('a'); // French
  expect(press('ö', 'Semicolon')).toBe('ö'); // German
  expect(press('?', 'Minus', { shiftKey: true })).toBe('?');
});

test('Option on a Mac does not change which key it is, and AltGr types a character', () => {
  expect(press('∆', 'KeyJ', { altKey: true })).toBe('alt+j');
  expect(press('¡', 'Digit1', { altKey: true })).toBe('alt+1');
  const altGraph = new KeyboardEvent('keydown', {
    key: '[',
    code: 'Digit8',
    altKey: true,
    ctrlKey: true,
    modifierAltGraph: true,
  });
  expect(
    Object.assign(altGraph, { getModifierState: (key: string) => key === 'AltGraph' }) && keysOf(altGraph),
  ).toBe('[');
});

test('keys that write a character are known from those that do not', () => {
  expect(['j', 'shift+j', '?', 'g i', '+'].map(isCharacterKeys)).toEqual([true, true, true, true, true]);
  expect(['mod+k', 'alt+1', 'F6', 'Escape', 'ArrowDown'].map(isCharacterKeys)).toEqual(Array(5).fill(false));
  expect(showKeys('mod+Enter')).toHaveLength(2);
  expect(showKeys('g i')).toEqual(['G', 'I']);
});

test('a checkbox is no place to write', () => {
  const checkbox = Object.assign(document.createElement('input'), { type: 'checkbox' });
  expect(isTyping(checkbox)).toBe(false);
  expect(isTyping(document.createElement('input'))).toBe(true);
});
