import type { LiveRecords } from '@aftercare/live';
import { SvelteMap } from 'svelte/reactivity';
import { ForeseenTickets } from './foreseen';

export type WatchedRecords = LiveRecords & { tickets: ForeseenTickets };

/** The live records, watched by the screen: one changed record redraws only what shows it. */
export function watchedRecords(): WatchedRecords {
  return {
    tickets: new ForeseenTickets(),
    messages: new SvelteMap(),
    messageIds: new SvelteMap(),
    timeline: new SvelteMap(),
    customers: new SvelteMap(),
    users: new SvelteMap(),
    teams: new SvelteMap(),
    tags: new SvelteMap(),
    views: new SvelteMap(),
    viewOrder: new SvelteMap(),
    macros: new SvelteMap(),
    channels: new SvelteMap(),
    unread: new SvelteMap(),
  };
}

/** Replaces a whole catalogue: what is no longer there disappears. */
export function replaceAll<T>(
  target: Map<string, T>,
  records: readonly T[],
  keyOf: (record: T) => string,
): void {
  const keys = new Set(records.map(keyOf));
  for (const key of [...target.keys()]) if (!keys.has(key)) target.delete(key);
  for (const record of records) target.set(keyOf(record), record);
}
