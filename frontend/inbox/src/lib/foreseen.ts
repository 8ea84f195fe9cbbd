import type { Ticket, TicketPatch } from '@aftercare/api';
import { SvelteMap } from 'svelte/reactivity';

/** What the record will look like, before the server said so. */
export function foresee(ticket: Ticket, patch: TicketPatch): Ticket {
  const { tags_add = [], tags_remove = [], note: _, note_id: __, ...fields } = patch;
  const tags = (patch.tags ?? ticket.tags).filter((tag) => !tags_remove.includes(tag));
  for (const tag of tags_add) if (!tags.includes(tag)) tags.push(tag);
  return { ...ticket, ...fields, tags };
}

/**
 * Tickets as the server has them, shown with the changes that are still on their way to it. However
 * many events come in between, a change stays in sight until it was made or refused.
 */
export class ForeseenTickets extends SvelteMap<string, Ticket> {
  private readonly patches = new Map<string, readonly TicketPatch[]>();
  private readonly truth = new Map<string, Ticket>();

  override set(id: string, ticket: Ticket): this {
    const patches = this.patches.get(id);
    if (!patches) return super.set(id, ticket);
    this.truth.set(id, ticket);
    return super.set(id, patches.reduce(foresee, ticket));
  }

  override delete(id: string): boolean {
    this.truth.delete(id);
    return super.delete(id);
  }

  override clear(): void {
    this.truth.clear();
    super.clear();
  }

  /** The ticket as the server last told it. */
  told(id: string): Ticket | undefined {
    return this.truth.get(id) ?? this.get(id);
  }

  /** These changes are on their way; none: the server's word is shown again. */
  expect(id: string, patches: readonly TicketPatch[]): void {
    const told = this.told(id);
    if (patches.length) this.patches.set(id, patches);
    else this.patches.delete(id);
    this.truth.delete(id);
    if (told) this.set(id, told);
  }
}
