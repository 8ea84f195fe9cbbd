import { api, ApiProblem, type Ticket, type TicketPatch } from '@aftercare/api';
import { forgetTicket, putTicket } from '@aftercare/live';
import type { App } from './app.svelte';
import { seesTeam } from './together';

/** What the record will look like, before the server said so. */
function foresee(ticket: Ticket, patch: TicketPatch): Ticket {
  const { tags_add = [], tags_remove = [], note: _, note_id: __, ...fields } = patch;
  const tags = (patch.tags ?? ticket.tags).filter((tag) => !tags_remove.includes(tag));
  for (const tag of tags_add) if (!tags.includes(tag)) tags.push(tag);
  return { ...ticket, ...fields, tags };
}

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
 * goes back and a toast says why. With `done` the change can be undone with Z.
 */
export async function changeTicket(
  app: App,
  id: string,
  patch: TicketPatch,
  done?: string,
): Promise<boolean> {
  const before = app.records.tickets.get(id);
  if (before) app.records.tickets.set(id, foresee(before, patch));
  try {
    const changed = await api.changeTicket(id, patch);
    if (seesTeam(app, changed.team_id)) putTicket(app.records, changed);
    else forgetTicket(app.records, id);
    if (done && before)
      app.undo.offer(done, async () => void (await changeTicket(app, id, reverseOf(before, patch))));
    return true;
  } catch (problem) {
    if (!(problem instanceof ApiProblem)) throw problem;
    const now = app.records.tickets.get(id);
    if (before && now && now.version === before.version) app.records.tickets.set(id, before);
    if (!app.noticeSignedOut(problem)) app.toasts.show(problem.message, { kind: 'problem' });
    return false;
  }
}
