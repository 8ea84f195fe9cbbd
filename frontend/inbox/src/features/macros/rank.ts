import type { LightMacro, MacroSuggestion, RenderedMacro, Ticket } from '@aftercare/api';
import type { Word } from '@aftercare/ui';

export interface RankedMacro {
  macro: LightMacro;
  /** How it did, once the server has said so. */
  suggestion: MacroSuggestion | null;
  /** Shown above the first macro of its group. */
  heading: Word | null;
}

const plain = (text: string) => text.toLocaleLowerCase().normalize('NFD').replace(/\p{M}/gu, '');

/** How well the name or folder answers the words; -1 where one of them is in neither. */
function nameScore(macro: LightMacro, words: readonly string[]): number {
  const name = plain(macro.name);
  const folder = plain(macro.folder);
  let points = 0;
  for (const word of words) {
    if (name.startsWith(word)) points += 40;
    else if (name.includes(word)) points += 20;
    else if (folder.includes(word)) points += 10;
    else return -1;
  }
  return points;
}

/** Until the server has answered: what the ticket's tags and intent say of names, and own recent use. */
function guess(macro: LightMacro, ticket: Ticket, recent: readonly string[]): number {
  const where = plain(`${macro.name} ${macro.folder}`);
  const hints = [...ticket.tags, ticket.intent ?? ''].filter(Boolean).map((hint) => plain(hint).slice(0, 6));
  const at = recent.indexOf(macro.id);
  return (hints.some((hint) => where.includes(hint)) ? 12 : 0) + (at < 0 ? 0 : 8 - at);
}

/**
 * Macros for a ticket: by name, then as the server ranks them (what the customer wants, the ticket's
 * tags, recent use). `#returns` asks for a folder.
 */
export function rankMacros(
  macros: readonly LightMacro[],
  text: string,
  ticket: Ticket,
  recent: readonly string[],
  suggestions: readonly MacroSuggestion[] | null = null,
): RankedMacro[] {
  const isFolder = text.trimStart().startsWith('#');
  const words = plain(text).replace(/^\s*#/, '').split(/\s+/).filter(Boolean);
  const places = new Map(suggestions?.map((each, index) => [each.id, index]));
  const found = macros
    .map((macro) => {
      const suggestion = suggestions?.[places.get(macro.id) ?? -1] ?? null;
      const isAsked = isFolder && words.some((word) => !plain(macro.folder).includes(word));
      const points = isAsked ? -1 : nameScore(macro, words);
      const place = places.get(macro.id) ?? macros.length;
      const fit = suggestions ? -place : guess(macro, ticket, recent);
      const isBest = suggestion ? suggestion.reason !== '' : guess(macro, ticket, recent) >= 12;
      return { macro, suggestion, points, fit, isBest: isBest || points >= 20 };
    })
    .filter((entry) => entry.points >= 0)
    .sort((a, b) => b.points - a.points || b.fit - a.fit || a.macro.name.localeCompare(b.macro.name));
  const others = found.findIndex((entry) => !entry.isBest);
  return found.map(({ macro, suggestion, isBest }, index) => ({
    macro,
    suggestion,
    heading: index === 0 && isBest ? 'macros.best' : index === others ? 'macros.others' : null,
  }));
}

/** A missing value filled by hand before it is inserted; places behind it move along. */
export function withValue(rendered: RenderedMacro, path: string, value: string): RenderedMacro {
  const mark = `⟦${path}⟧`;
  const letters = [...rendered.text];
  const length = [...mark].length;
  const at = [...rendered.text.slice(0, Math.max(0, rendered.text.indexOf(mark)))].length;
  if (!rendered.text.includes(mark)) return rendered;
  const shift = [...value].length - length;
  const filled: RenderedMacro = {
    ...rendered,
    text: letters.slice(0, at).join('') + value + letters.slice(at + length).join(''),
    spans: rendered.spans.map((span) =>
      span.start > at ? { ...span, start: span.start + shift, end: span.end + shift } : span,
    ),
    missing: rendered.missing.filter((each) => each.path !== path),
  };
  return withValue(filled, path, value);
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
