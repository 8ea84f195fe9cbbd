import type { LiveRecords } from '@aftercare/live';

export const CONVERSATIONS_HELD = 500;
export const TICKETS_HELD = 3_000;

/**
 * Lets go of what nobody looks at: messages of all but the 500 conversations used last, tickets of
 * all but 3,000, and their customers. `inUse` names the tickets on screen; they stay.
 */
export function trimRecords(records: LiveRecords, inUse: ReadonlySet<string>): void {
  const { tickets, messages, messageIds, timeline, customers } = records;
  for (const id of surplus(messageIds.keys(), messageIds.size - CONVERSATIONS_HELD, inUse)) {
    for (const messageId of messageIds.get(id) ?? []) messages.delete(messageId);
    messageIds.delete(id);
    timeline.delete(id);
  }
  if (tickets.size <= TICKETS_HELD) return;
  for (const id of surplus(tickets.keys(), tickets.size - TICKETS_HELD, inUse))
    if (!messageIds.has(id)) tickets.delete(id);
  const wanted = new Set([...tickets.values()].map((ticket) => ticket.customer_id));
  for (const id of [...customers.keys()]) if (!wanted.has(id)) customers.delete(id);
}

/** The oldest so many that are not in use. */
function surplus(keys: Iterable<string>, count: number, inUse: ReadonlySet<string>): string[] {
  const found: string[] = [];
  for (const key of keys) {
    if (found.length >= count) break;
    if (!inUse.has(key)) found.push(key);
  }
  return found;
}

/** Used just now: the last to go. */
export function touch<T>(map: Map<string, T>, key: string): void {
  const value = map.get(key);
  if (value === undefined) return;
  map.delete(key);
  map.set(key, value);
}
