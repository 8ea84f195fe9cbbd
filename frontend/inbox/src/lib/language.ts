import {
  addEnglish,
  chooseLanguage,
  directionOf,
  findLanguage,
  useWords,
  type Translation,
} from '@aftercare/ui';
import { en } from '@aftercare/ui/words/en';
import { appearance } from './appearance.svelte';

/** Loads the words of the chosen language before the first screen is drawn. */
export async function startLanguage(): Promise<void> {
  const wanted = appearance.choice.language;
  const chosen = (wanted === 'system' ? null : findLanguage(wanted)) ?? chooseLanguage(navigator.languages);
  document.documentElement.lang = chosen.tag;
  document.documentElement.dir = directionOf(chosen.tag);
  // The words are of the language, dates and numbers of the region.
  const region = navigator.languages.find((tag) => tag.toLowerCase().startsWith(chosen.tag));
  useWords(region ?? chosen.tag, await chosen.load(), en as Translation);
}

let later: Promise<void> | undefined;

/** The words that the inbox does without at first; every other page waits for them. */
export function loadLaterWords(): Promise<void> {
  return (later ??= import('@aftercare/ui/words/en?later').then(({ en: rest }) => addEnglish(rest)));
}

/** A part that is loaded after the first screen, together with the words it says. */
export async function withLaterWords<T>(part: Promise<T>): Promise<T> {
  await loadLaterWords().catch(() => undefined);
  return part;
}
