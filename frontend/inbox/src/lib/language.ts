import { chooseLanguage, useWords, type Translation } from '@aftercare/ui';
import { en } from '@aftercare/ui/words/en';
import { appearance } from './appearance.svelte';

/** Loads the words of the chosen language before the first screen is drawn. */
export async function startLanguage(): Promise<void> {
  const wanted = appearance.choice.language;
  const language = wanted === 'system' ? chooseLanguage(navigator.languages) : wanted;
  document.documentElement.lang = language;
  // The words are of the language, dates and numbers of the region.
  const region = navigator.languages.find((tag) => tag.toLowerCase().startsWith(language));
  useWords(
    region ?? language,
    language === 'de' ? (await import('@aftercare/ui/words/de')).de : (en as Translation),
  );
}
