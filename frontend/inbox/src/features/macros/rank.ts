import type { LightMacro, Ticket } from '@aftercare/api';
import type { Word } from '@aftercare/ui';

export interface RankedMacro {
  macro: LightMacro;
  /** Shown above the first macro of its group. */
  heading: Word | null;
}

const plain = (text: string) => text.toLocaleLowerCase().normalize('NFD').replace(/\p{M}/gu, '');

function score(
  macro: LightMacro,
  words: readonly string[],
  ticket: Ticket,
  recent: readonly string[],
): number {
  const name = plain(macro.name);
  const folder = plain(macro.folder);
  let points = 0;
  for (const word of words) {
    if (name.startsWith(word)) points += 40;
    else if (name.includes(word)) points += 20;
    else if (folder.includes(word)) points += 10;
    else return -1;
  }
  const hints = [...ticket.tags, ticket.intent ?? ''].filter(Boolean).map((hint) => plain(hint).slice(0, 6));
  if (hints.some((hint) => name.includes(hint) || folder.includes(hint))) points += 12;
  const at = recent.indexOf(macro.id);
  return at < 0 ? points : points + 8 - at;
}

/** Macros for a ticket: by name, then by what the ticket is about, then by recent use. */
export function rankMacros(
  macros: readonly LightMacro[],
  text: string,
  ticket: Ticket,
  recent: readonly string[],
): RankedMacro[] {
  const words = plain(text).replace(/^#/, '').split(/\s+/).filter(Boolean);
  const found = macros
    .map((macro) => ({ macro, points: score(macro, words, ticket, recent) }))
    .filter((entry) => entry.points >= 0)
    .sort((a, b) => b.points - a.points || a.macro.name.localeCompare(b.macro.name));
  const best = found.filter((entry) => entry.points >= 12);
  return found.map((entry, index) => ({
    macro: entry.macro,
    heading: index === 0 && best.length ? 'macros.best' : index === best.length ? 'macros.others' : null,
  }));
}

/** A name cut at the searched words, for marking them. */
export function marked(name: string, text: string): { text: string; isHit: boolean }[] {
  const word = text.trim();
  const at = word ? name.toLocaleLowerCase().indexOf(word.toLocaleLowerCase()) : -1;
  if (at < 0) return [{ text: name, isHit: false }];
  return [
    { text: name.slice(0, at), isHit: false },
    { text: name.slice(at, at + word.length), isHit: true },
    { text: name.slice(at + word.length), isHit: false },
  ];
}
