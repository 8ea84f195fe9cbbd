import { loadLaterWords, startLanguage } from '$lib/language';

export const ssr = false;
export const prerender = false;

/** Only the inbox and the sign-in page can be drawn with the first words; there the rest follows. */
const FIRST = /^\/(inbox|login)(\/|$)/;

let language: Promise<void> | undefined;

export async function load({ url }: { url: URL }): Promise<void> {
  await (language ??= startLanguage());
  if (FIRST.test(url.pathname)) setTimeout(() => void loadLaterWords().catch(() => undefined), 300);
  else await loadLaterWords();
}
