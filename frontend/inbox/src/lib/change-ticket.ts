import type { Ticket, TicketPatch } from '@aftercare/api';
import type { App } from './app.svelte';

/** The patch that takes another one back. */
export function reverseOf(ticket: Ticket, patch: TicketPatch): TicketPatch {
  const back: Record<string, unknown> = {};
  for (const key of Object.keys(patch)) {
    if (key === 'tags_add') back['tags_remove'] = patch.tags_add?.filter((tag) => !ticket.tags.includes(tag));
    else if (key === 'tags_remove')
      back['tags_add'] = patch.tags_remove?.filter((tag) => ticket.tags.includes(tag));
    else if (key !== 'note' && key !== 'note_id') back[key] = ticket[key as keyof Ticket];
  }
  return back as TicketPatch;
}

/**
 * Changes a ticket: on screen at once, then on the server. When the server refuses, the screen
 * goes back and a toast says why; without a line the change waits for one. With `done` the change
 * can be undone with Z.
 */
export async function changeTicket(
  app: App,
  id: string,
  patch: TicketPatch,
  done?: string,
): Promise<boolean> {
  const before = app.records.tickets.get(id);
  const isMade = await app.changes.make(id, patch);
  if (isMade && done && before)
    app.undo.offer(done, async () => void (await changeTicket(app, id, reverseOf(before, patch))));
  return isMade;
}
