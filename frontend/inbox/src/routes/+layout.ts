import { startLanguage } from '$lib/language';

export const ssr = false;
export const prerender = false;

export async function load(): Promise<void> {
  await startLanguage();
}
