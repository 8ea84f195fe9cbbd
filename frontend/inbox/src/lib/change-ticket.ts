import type { Ticket, TicketPatch } from '@aftercare/api';
import { t } from '@aftercare/ui';
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
  return withSleep(ticket, back as TicketPatch);
}

/** Back to sleep needs all that a sleep is made of; out of it needs the status alone. */
function withSleep(ticket: Ticket, back: TicketPatch): TicketPatch {
  if (!('status' in back || 'snoozed_until' in back || 'wakes_on' in back)) return back;
  const { snoozed_until: _until, wakes_on: _on, wakes_order_id: _order, ...rest } = back;
  if (ticket.status !== 'snoozed') return { ...rest, status: ticket.status };
  const { snoozed_until, wakes_on, wakes_order_id } = ticket;
  return { ...rest, status: 'snoozed', snoozed_until, wakes_on, wakes_order_id };
}

/** Whether somebody has changed since what the patch had set; tags are told apart one by one. */
export function isChangedSince(after: Ticket, now: Ticket, patch: TicketPatch): boolean {
  return Object.keys(patch).some((key) => {
    if (key === 'is_unread' || key === 'tags_add' || key === 'tags_remove') return false;
    const [was, is] = [after[key as keyof Ticket], now[key as keyof Ticket]];
    return JSON.stringify(was) !== JSON.stringify(is);
  });
}

/**
 * Changes a ticket: on screen at once, then on the server. When the server refuses, the screen
 * goes back and a toast says why; without a line the change waits for one. With `done` the change
 * can be undone with Z, unless a colleague has changed the same thing since.
 */
export async function changeTicket(
  app: App,
  id: string,
  patch: TicketPatch,
  done?: string,
): Promise<boolean> {
  const before = app.records.tickets.get(id);
  const isMade = await app.changes.make(id, patch);
  const after = app.records.tickets.get(id);
  if (isMade && done && before)
    app.undo.offer(done, async () => {
      const now = app.records.tickets.get(id);
      if (after && now && isChangedSince(after, now, patch))
        return t('undo.changedSince', { n: before.number });
      const isDone = await changeTicket(app, id, reverseOf(before, patch));
      return isDone ? undefined : t('undo.failed', { n: before.number });
    });
  return isMade;
}
