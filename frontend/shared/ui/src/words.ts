import type { en } from './words/en';

// Own words over Intl: a typed catalogue, {name} placeholders, and plural forms chosen by `n`.

export type Catalogue = typeof en;
export type Word = keyof Catalogue;
export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
export type Translation = Record<Word, string | Plural>;
export type Values = Record<string, string | number>;

/** Some words in another language; what is missing is said in English. */
export type Words = Partial<Translation>;

let words: Words;
let english: Translation;
let locale = 'en';
let plurals = new Intl.PluralRules('en');
let englishPlurals = plurals;
let numbers = new Intl.NumberFormat('en');

/** More English words, for what was not needed at first. */
export function addEnglish(more: Words): void {
  english = { ...english, ...more };
}

/** The locale that times, money and words are written in. */
export function getLocale(): string {
  return locale;
}

/** Chooses the words. Called before anything is drawn; a change of language reloads the page. */
export function useWords(tag: string, translation: Words, fallback: Translation): void {
  locale = tag;
  words = translation;
  english = fallback;
  plurals = new Intl.PluralRules(tag);
  englishPlurals = new Intl.PluralRules('en');
  numbers = new Intl.NumberFormat(tag);
}

function formFor(word: string | Plural | undefined, values: Values, rules: Intl.PluralRules): string {
  if (word === undefined) return ''; // said before it was loaded: an empty place, never a broken pane
  if (typeof word === 'string') return word;
  return word[rules.select(Number(values.n))] ?? word.other;
}

function sentence(key: Word, values: Values): string {
  const own = words[key];
  if (own !== undefined) return formFor(own, values, plurals);
  return formFor(english[key], values, englishPlurals);
}

/** The word in the reader's language. `n` chooses the plural form and is written as a number. */
export function t(key: Word, values: Values = {}): string {
  return sentence(key, values).replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? numbers.format(value) : value;
  });
}

/** Splits a sentence at one placeholder, so that it can be drawn as an element. */
export function around(key: Word, name: string, values: Values = {}): [string, string] {
  const [before = '', after = ''] = t(key, { ...values, [name]: '\u0000' }).split('\u0000');
  return [before, after];
}
