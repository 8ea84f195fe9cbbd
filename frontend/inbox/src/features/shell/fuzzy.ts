// How well a text answers what was typed; no match is 0. Works on letters of any script.

const LATIN_MARKS = /[\u0300-\u036f]/g;
const GAP = /[^\p{L}\p{N}\p{M}#@]/u;
const WORDS = /[^\p{L}\p{N}\p{M}#@]+/u;
/** Letters apart are looked for in names of commands, not in subjects. */
const MAX_SCATTERED = 60;

/** Small letters without accents; marks that are letters of their own (Thai vowels) stay. */
export function plain(text: string): string {
  // eslint-disable-next-line no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return text.toLowerCase();
  return text.normalize('NFKD').toLocaleLowerCase().replace(LATIN_MARKS, '').normalize('NFC');
}

/** Every typed word must be found; the beginning of a word counts most, letters apart least. */
export function score(text: string, typed: string): number {
  const wanted = plain(typed).trim().split(/\s+/).filter(Boolean);
  return scoreWords(plain(text), wanted);
}

function scoreWords(whole: string, wanted: readonly string[]): number {
  if (wanted.length === 0) return 1;
  let points = 0;
  for (const word of wanted) {
    const found = scoreWord(whole, word);
    if (found === 0) return 0;
    points += found;
  }
  return (
    points / wanted.length + (whole.startsWith(wanted.join(' ')) ? 20 : 0) - Math.min(whole.length, 80) / 100
  );
}

function scoreWord(whole: string, word: string): number {
  let at = whole.indexOf(word);
  if (at < 0) {
    if (word.length < 3 || whole.length > MAX_SCATTERED) return 0;
    const words = whole.split(WORDS);
    return Math.max(...words.map((each) => scattered(each, word)), initials(words, word));
  }
  for (; at >= 0; at = whole.indexOf(word, at + 1)) {
    const isStart = at === 0 || GAP.test(whole[at - 1] ?? ' ');
    if (isStart) return GAP.test(whole[at + word.length] ?? ' ') ? 100 : 80 - Math.min(at / 5, 10);
  }
  return 50;
}

/** All letters in their order within one word, not too far apart: “asgn” in “assign”. */
function scattered(text: string, word: string): number {
  if (text[0] !== word[0]) return 0;
  let at = 0;
  for (const letter of word) {
    at = text.indexOf(letter, at) + 1;
    if (at === 0) return 0;
  }
  return at <= word.length * 2 ? 25 : 0;
}

/** The first letters of the words: “gti” for “Go to inbox”. */
function initials(words: readonly string[], word: string): number {
  return words
    .map((each) => each[0] ?? '')
    .join('')
    .startsWith(word)
    ? 30
    : 0;
}

/** The best by score; equals keep their order. */
export function best<T>(items: readonly T[], text: (item: T) => string, typed: string, limit: number): T[] {
  const wanted = plain(typed).trim().split(/\s+/).filter(Boolean);
  return items
    .map((item, index) => ({ item, index, points: scoreWords(plain(text(item)), wanted) }))
    .filter((each) => each.points > 0)
    .sort((a, b) => b.points - a.points || a.index - b.index)
    .slice(0, limit)
    .map((each) => each.item);
}
