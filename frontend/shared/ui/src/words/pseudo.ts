import type { Plural, Translation, Words } from '../words';
import { en } from './en';

// Catalogues made of the English one: `longer` shows what was not put into the catalogue and what
// breaks when words grow by a third; `mirrored` draws the whole app from right to left.

// prettier-ignore
const LETTERS: Record<string, string> = {
  a: 'á', e: 'é', i: 'í', o: 'ó', u: 'ú', y: 'ý', c: 'ç', n: 'ñ', s: 'š', z: 'ž',
  A: 'Á', E: 'É', I: 'Í', O: 'Ó', U: 'Ú', Y: 'Ý', C: 'Ç', N: 'Ñ', S: 'Š', Z: 'Ž',
};

function accented(text: string): string {
  const letters = text
    .split(/(\{\w+\})/)
    .map((part, index) => (index % 2 ? part : part.replace(/[a-z]/gi, (letter) => LETTERS[letter] ?? letter)))
    .join('');
  return `[${letters}${'~'.repeat(Math.ceil(text.length / 3))}]`;
}

/** Marks that make Latin words run from right to left, as Arabic ones would. */
function turned(text: string): string {
  return text
    .split(/(\{\w+\})/)
    .map((part, index) => (index % 2 || part === '' ? part : `\u202e${part}\u202c`))
    .join('');
}

function changed(change: (text: string) => string): Words {
  const all = Object.entries(en as Translation).map(([key, word]) => [
    key,
    typeof word === 'string'
      ? change(word)
      : (Object.fromEntries(Object.entries(word).map(([form, text]) => [form, change(text)])) as Plural),
  ]);
  return Object.fromEntries(all) as Words;
}

export const longer = (): Words => changed(accented);
export const mirrored = (): Words => changed(turned);
