import type { MissingValue, RenderedMacro } from '@aftercare/api';
import type { Span } from '$lib/drafts.svelte';

/** A path as people say it: order.refund.method → refund method. */
export function spokenPath(path: string): string {
  return path.split('.').slice(1).join(' ').replaceAll('_', ' ') || path.replaceAll('_', ' ');
}

/** The server marks a missing value in the text as ⟦order.tracking_url⟧. */
const MISSING_MARK = /⟦([^⟧]*)⟧/g;

/** Turns the server's places (counted in code points) into places in a JavaScript string. */
function placesIn(text: string, points: readonly number[]): Map<number, number> {
  const wanted = new Set(points);
  const places = new Map<number, number>();
  let point = 0;
  let unit = 0;
  for (const letter of text) {
    if (wanted.has(point)) places.set(point, unit);
    point += 1;
    unit += letter.length;
  }
  places.set(point, unit);
  return places;
}

/** The stretches of a rendered macro that were filled in or are missing, moved by `offset`. */
export function spansOf(rendered: RenderedMacro, offset: number): Span[] {
  const places = placesIn(
    rendered.text,
    rendered.spans.flatMap((span) => [span.start, span.end]),
  );
  const filled = rendered.spans
    .map((span) => ({
      start: places.get(span.start) ?? 0,
      end: places.get(span.end) ?? 0,
      path: span.path,
      isMissing: false,
    }))
    .filter((span) => span.end > span.start && !rendered.text.slice(span.start, span.end).includes('⟦'));
  const missing = [...rendered.text.matchAll(MISSING_MARK)].map((found) => ({
    start: found.index,
    end: found.index + found[0].length,
    path: found[1] ?? '',
    isMissing: true,
  }));
  return [...filled, ...missing].map((span) => ({
    ...span,
    start: span.start + offset,
    end: span.end + offset,
  }));
}

/** Where two texts differ: the first changed letter and the ends of the change in both. */
function difference(before: string, after: string): { start: number; endBefore: number; endAfter: number } {
  const shortest = Math.min(before.length, after.length);
  let start = 0;
  while (start < shortest && before[start] === after[start]) start += 1;
  let tail = 0;
  while (tail < shortest - start && before[before.length - 1 - tail] === after[after.length - 1 - tail])
    tail += 1;
  return { start, endBefore: before.length - tail, endAfter: after.length - tail };
}

/** Spans after an edit: those before stay, those behind move, those that were edited are plain text now. */
export function moveSpans(spans: readonly Span[], before: string, after: string): Span[] {
  const { start, endBefore, endAfter } = difference(before, after);
  const shift = endAfter - endBefore;
  return spans.flatMap((span) => {
    if (span.end <= start) return span;
    if (span.start >= endBefore) return { ...span, start: span.start + shift, end: span.end + shift };
    return [];
  });
}

export interface Piece {
  text: string;
  kind: 'plain' | 'filled' | 'missing';
  start: number;
}

/** The text cut at its spans, for drawing behind the field. */
export function pieces(text: string, spans: readonly Span[]): Piece[] {
  const result: Piece[] = [];
  let at = 0;
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    if (span.start < at || span.end > text.length) continue;
    if (span.start > at) result.push({ text: text.slice(at, span.start), kind: 'plain', start: at });
    result.push({
      text: text.slice(span.start, span.end),
      kind: span.isMissing ? 'missing' : 'filled',
      start: span.start,
    });
    at = span.end;
  }
  result.push({ text: text.slice(at), kind: 'plain', start: at });
  return result;
}

/** The missing values that are still not filled in. */
export function stillMissing(missing: readonly MissingValue[], spans: readonly Span[]): MissingValue[] {
  const open = new Set(spans.filter((span) => span.isMissing).map((span) => span.path));
  return missing.filter((value) => open.has(value.path));
}

/** The bounds of the sentence around a place. */
export function sentenceAround(text: string, start: number, end: number): { start: number; end: number } {
  const before = text.slice(0, start);
  const from = Math.max(
    ...['. ', '! ', '? ', '\n'].map(
      (sign) => before.lastIndexOf(sign) + (before.includes(sign) ? sign.length : 1),
    ),
    0,
  );
  const after = text.slice(end);
  const stop = /[.!?](\s|$)|\n/.exec(after);
  const to = stop ? end + stop.index + (stop[0] === '\n' ? 0 : stop[0].length) : text.length;
  return { start: from, end: to };
}

/** What stands behind a “/” at the start of a word up to the caret; null where there is none. */
export function slashAt(text: string, caret: number): string | null {
  return /(?:^|\s)\/([^/\n]{0,40})$/u.exec(text.slice(0, caret))?.[1] ?? null;
}

/** Text typed by hand that looks like a placeholder nobody filled. */
export function hasPlaceholder(text: string): boolean {
  return /\{\{|\}\}|\{%|%\}|⟦|⟧/.test(text);
}
