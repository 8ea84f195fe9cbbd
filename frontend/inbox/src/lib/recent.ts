import { readStored, store } from './storage';

const KEPT = 12;

/** The tickets opened last in this browser, newest first. */
export function recentTickets(): string[] {
  const ids = readStored<unknown>('recent', []);
  return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === 'string') : [];
}

export function rememberTicket(id: string): void {
  store('recent', [id, ...recentTickets().filter((each) => each !== id)].slice(0, KEPT));
}
