import type { Ticket } from '@aftercare/api';

/** The orders and groups of the list, as tickets/ordering.py has them. */
export const SORTS = ['queue', 'newest', 'oldest', 'waiting', 'priority'] as const;
export type ListSort = (typeof SORTS)[number] | 'created' | 'created_oldest' | 'updated';
export const GROUPS = ['', 'status', 'priority', 'assignee', 'channel', 'day'] as const;
export type ListGroup = (typeof GROUPS)[number];

const STATUSES = ['open', 'snoozed', 'closed', 'spam', 'trash'];
const PRIORITIES = ['urgent', 'high', 'normal', 'low'];
const NEVER = '9999';

type NameOf = (userId: string) => string;

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const byLast = (a: Ticket, b: Ticket): number => compareText(a.last_message_at, b.last_message_at);
const rankOf = (ticket: Ticket): number => (ticket.priority === 'urgent' ? 1 : 0);
const urgencyOf = (ticket: Ticket): number => PRIORITIES.indexOf(ticket.priority);

/** Which of two tickets comes first in a list of this order, groups left aside. */
export function compareTickets(a: Ticket, b: Ticket, sort: ListSort): number {
  switch (sort) {
    case 'newest':
      return byLast(b, a) || compareText(b.id, a.id);
    case 'oldest':
      return byLast(a, b) || compareText(a.id, b.id);
    case 'waiting':
      return (
        compareText(a.waiting_since ?? NEVER, b.waiting_since ?? NEVER) ||
        byLast(a, b) ||
        compareText(a.id, b.id)
      );
    case 'priority':
      return urgencyOf(a) - urgencyOf(b) || byLast(b, a) || compareText(b.id, a.id);
    case 'created':
      return compareText(b.created_at, a.created_at) || compareText(b.id, a.id);
    case 'created_oldest':
      return compareText(a.created_at, b.created_at) || compareText(a.id, b.id);
    case 'updated':
      return compareText(b.updated_at, a.updated_at) || compareText(b.id, a.id);
    default:
      return rankOf(b) - rankOf(a) || byLast(b, a) || compareText(b.id, a.id);
  }
}

/** Lists by day run by day, whatever else was asked. */
export function sortWithin(sort: ListSort, group: ListGroup): ListSort {
  return group !== 'day' ? sort : sort === 'oldest' ? 'oldest' : 'newest';
}

/** What the tickets of one group have in common; groups stand in the order of these. */
export function groupKey(ticket: Ticket, group: ListGroup, nameOf: NameOf): string {
  switch (group) {
    case 'status':
      return String(STATUSES.indexOf(ticket.status));
    case 'priority':
      return String(urgencyOf(ticket));
    case 'assignee':
      return ticket.assignee_id ? `${nameOf(ticket.assignee_id)} ${ticket.assignee_id}` : '';
    case 'channel':
      return `${ticket.channel_kind} ${ticket.channel_id}`;
    case 'day':
      return new Date(ticket.last_message_at).toDateString();
    default:
      return '';
  }
}

/** The whole order: groups first (days follow the sort by themselves), then the sort. */
export function orderBy(sort: ListSort, group: ListGroup, nameOf: NameOf): (a: Ticket, b: Ticket) => number {
  const within = sortWithin(sort, group);
  if (group === '' || group === 'day') return (a, b) => compareTickets(a, b, within);
  return (a, b) =>
    compareText(groupKey(a, group, nameOf), groupKey(b, group, nameOf)) || compareTickets(a, b, within);
}

/** Where a ticket belongs among those that are already in order. */
export function placeFor(
  ticket: Ticket,
  ordered: readonly Ticket[],
  compare: (a: Ticket, b: Ticket) => number,
): number {
  let low = 0;
  let high = ordered.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = ordered[middle];
    if (other && compare(other, ticket) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
