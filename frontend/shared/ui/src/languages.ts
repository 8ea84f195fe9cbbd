import type { Words } from './words';

// The languages of the app, each with its name as its speakers write it.

/** Reads one catalogue; the English one is always there. */
type Load = () => Promise<Words>;

export interface Language {
  tag: string;
  name: string;
  load: Load;
}

export const LANGUAGES: readonly Language[] = [
  { tag: 'en', name: 'English', load: async () => ({}) },
  { tag: 'de', name: 'Deutsch', load: async () => (await import('./words/de')).de },
  { tag: 'fr', name: 'Français', load: async () => (await import('./words/fr')).fr },
  { tag: 'es', name: 'Español', load: async () => (await import('./words/es')).es },
  { tag: 'pl', name: 'Polski', load: async () => (await import('./words/pl')).pl },
  { tag: 'cs', name: 'Čeština', load: async () => (await import('./words/cs')).cs },
  { tag: 'ru', name: 'Русский', load: async () => (await import('./words/ru')).ru },
  { tag: 'zh', name: '中文', load: async () => (await import('./words/zh')).zh },
  { tag: 'th', name: 'ไทย', load: async () => (await import('./words/th')).th },
];

/** Never offered in a menu; chosen by hand to find what is not translated or not mirrored. */
const FOR_TESTS: readonly Language[] = [
  { tag: 'en-XA', name: 'Pseudo', load: async () => (await import('./words/pseudo')).longer() },
  { tag: 'ar-XB', name: 'Pseudo, mirrored', load: async () => (await import('./words/pseudo')).mirrored() },
];

/** The language of that tag (`zh-TW` finds `zh`), or nothing. */
export function findLanguage(tag: string): Language | undefined {
  const all = [...LANGUAGES, ...FOR_TESTS];
  const [main] = tag.toLowerCase().split('-');
  return all.find((each) => each.tag === tag) ?? LANGUAGES.find((each) => each.tag === main);
}

/** The first language that we have of those a person reads, best first; else English. */
export function chooseLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const found = findLanguage(tag);
    if (found) return found;
  }
  return LANGUAGES[0] as Language;
}

const RIGHT_TO_LEFT = /^(ar|he|fa|ur)\b/;

export function directionOf(tag: string): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.test(tag) ? 'rtl' : 'ltr';
}
