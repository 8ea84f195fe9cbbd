import type * as R from '@aftercare/api';
import type { LiveEvent } from './events';

/** The client's copy of the shop's live data: the last record of each object, by id. */
export interface LiveRecords {
  tickets: Map<string, R.Ticket>;
  messages: Map<string, R.Message>;
  /** Message ids of each ticket we hold messages of, in order of position. */
  messageIds: Map<string, readonly string[]>;
  /** System lines of each ticket that has been opened, in order of seq. */
  timeline: Map<string, readonly R.TimelineEvent[]>;
  customers: Map<string, R.LightCustomer>;
  users: Map<string, R.User>;
  teams: Map<string, R.Team>;
  tags: Map<string, R.Tag>;
  views: Map<string, R.View>;
  /** Ids of views as a person arranged them, by the person's id; of nobody but oneself. */
  viewOrder: Map<string, readonly string[]>;
  macros: Map<string, R.LightMacro>;
  channels: Map<string, R.Channel>;
  /** My unread notifications; nobody else's ever come here. */
  unread: Map<string, R.UnreadNotification>;
}

export function emptyRecords(): LiveRecords {
  return {
    tickets: new Map(),
    messages: new Map(),
    messageIds: new Map(),
    timeline: new Map(),
    customers: new Map(),
    users: new Map(),
    teams: new Map(),
    tags: new Map(),
    views: new Map(),
    viewOrder: new Map(),
    macros: new Map(),
    channels: new Map(),
    unread: new Map(),
  };
}

interface Versioned {
  id: string;
  version?: number;
}

/** Keeps the newer of the two; a record without a version replaces what is there. */
function putNewer<T extends Versioned>(records: Map<string, T>, record: T): boolean {
  const had = records.get(record.id);
  if (had && (had.version ?? 0) > (record.version ?? Infinity)) return false;
  records.set(record.id, record);
  return true;
}

/** What was said of records that are not here (yet): numbers of messages, tickets that are gone. */
interface Known {
  numbers: Map<string, readonly [number, number]>;
  removed: Set<string>;
}
const knownOf = new WeakMap<LiveRecords, Known>();

function known(records: LiveRecords): Known {
  let found = knownOf.get(records);
  if (!found) knownOf.set(records, (found = { numbers: new Map(), removed: new Set() }));
  return found;
}

export function putTicket(records: LiveRecords, ticket: R.Ticket): void {
  if (knownOf.get(records)?.removed.has(ticket.id)) return;
  putNewer(records.tickets, ticket);
}

/** A light customer never wipes out the fields of a full one. */
export function putCustomer(records: LiveRecords, customer: R.LightCustomer): void {
  const had = records.customers.get(customer.id);
  if (had && (had.version ?? 0) > (customer.version ?? Infinity)) return;
  records.customers.set(customer.id, { ...had, ...customer });
}

/** Takes the message unless a newer one is here; a message that moved leaves its old ticket. */
function takeMessage(records: LiveRecords, given: R.Message): boolean {
  if (known(records).removed.has(given.ticket_id)) return false;
  const number = known(records).numbers.get(given.id);
  const message =
    number && number[1] > given.version ? { ...given, position: number[0], version: number[1] } : given;
  const before = records.messages.get(message.id)?.ticket_id;
  if (!putNewer(records.messages, message)) return false;
  if (before && before !== message.ticket_id) forgetMessage(records, before, message.id);
  return true;
}

function forgetMessage(records: LiveRecords, ticketId: string, id: string): void {
  const left = (records.messageIds.get(ticketId) ?? []).filter((each) => each !== id);
  if (left.length) records.messageIds.set(ticketId, left);
  else records.messageIds.delete(ticketId);
}

export function putMessage(records: LiveRecords, message: R.Message): void {
  if (!takeMessage(records, message)) return;
  const ids = records.messageIds.get(message.ticket_id) ?? [];
  const all = ids.includes(message.id) ? ids : [...ids, message.id];
  records.messageIds.set(message.ticket_id, sortedByPosition(records, all));
}

export function putMessages(records: LiveRecords, ticketId: string, messages: readonly R.Message[]): void {
  for (const message of messages) takeMessage(records, message);
  const ids = new Set(records.messageIds.get(ticketId));
  for (const { id } of messages) if (records.messages.get(id)?.ticket_id === ticketId) ids.add(id);
  if (ids.size) records.messageIds.set(ticketId, sortedByPosition(records, [...ids]));
}

/** Messages that stayed where they are and have another number now. */
function putPositions(records: LiveRecords, ticketId: string, positions: Record<string, number[]>): void {
  const { numbers } = known(records);
  let isChanged = false;
  for (const [id, [position = 0, version = 0]] of Object.entries(positions)) {
    if ((numbers.get(id)?.[1] ?? -1) < version) numbers.set(id, [position, version]);
    const message = records.messages.get(id);
    if (!message || message.version >= version) continue;
    records.messages.set(id, { ...message, position, version });
    isChanged = true;
  }
  const ids = records.messageIds.get(ticketId);
  if (isChanged && ids) records.messageIds.set(ticketId, sortedByPosition(records, ids));
}

/** The ticket was deleted for good: nothing of it stays, and nothing late brings it back. */
function removeTicket(records: LiveRecords, ticketId: string): void {
  known(records).removed.add(ticketId);
  forgetTicket(records, ticketId);
}

function sortedByPosition(records: LiveRecords, ids: readonly string[]): readonly string[] {
  const positionOf = (id: string) => records.messages.get(id)?.position ?? 0;
  return [...ids].sort((a, b) => positionOf(a) - positionOf(b) || (a < b ? -1 : 1));
}

export function putTimeline(records: LiveRecords, ticketId: string, lines: readonly R.TimelineEvent[]): void {
  const bySeq = new Map<number, R.TimelineEvent>();
  for (const line of records.timeline.get(ticketId) ?? []) bySeq.set(line.seq, line);
  for (const line of lines) bySeq.set(line.seq, line);
  records.timeline.set(
    ticketId,
    [...bySeq.values()].sort((a, b) => a.seq - b.seq),
  );
}

const TIMELINE_TYPES = new Set([
  'ticket.status_changed',
  'ticket.assigned',
  'ticket.tagged',
  'ticket.priority_changed',
  'ticket.snoozed',
  'ticket.merged',
  'ticket.unmerged',
  'ticket.split',
  'ticket.linked',
  'ticket.unlinked',
  'rule.ran',
  'order_action.changed',
  'csat.sent',
  'csat.answered',
]);

function timelineLine(event: LiveEvent, ticketId: string): R.TimelineEvent {
  const { change, other_ticket, survey, run_id, rule_id, rule_name, actions, order_action } = event.payload;
  const said = Object.entries({
    change,
    other_ticket,
    survey,
    run_id,
    rule_id,
    rule_name,
    actions,
    order_action,
  });
  const data = Object.fromEntries(said.filter(([, value]) => value !== undefined));
  const actor = event.actor ?? { type: 'system', id: null, name: '' };
  return { seq: event.seq, type: event.type, at: event.at, actor, ticket_id: ticketId, data };
}

function putOrDelete<T>(target: Map<string, T>, id: string, record: T | undefined, isDeleted = false): void {
  if (isDeleted) target.delete(id);
  else if (record !== undefined) target.set(id, record);
}

/** Catalogue records: users, teams, tags, views, macros and channels. */
function putCatalogue(records: LiveRecords, { type, object_id, payload }: LiveEvent): void {
  const { user, team, tag, view, channel, is_deleted, user_id, view_ids } = payload;
  if (type === 'user.updated' && user) records.users.set(user.id, user);
  else if (type === 'team.updated') putOrDelete(records.teams, team?.id ?? object_id, team, is_deleted);
  else if (type === 'tag.updated' && tag) records.tags.set(tag.name, tag);
  else if (type === 'channel.updated')
    putOrDelete(records.channels, channel?.id ?? object_id, channel, is_deleted);
  else if (type === 'view.updated') putOrDelete(records.views, view?.id ?? object_id, view, is_deleted);
  else if (type === 'view.removed') records.views.delete(object_id);
  else if (type === 'view.ordered' && user_id && view_ids) records.viewOrder.set(user_id, view_ids);
  else if (type === 'macro.removed') records.macros.delete(object_id);
  else if (type === 'macro.updated') {
    const id = payload.id ?? object_id;
    const folder = payload.folder ?? records.macros.get(id)?.folder ?? '';
    const macro = { id, folder, name: payload.name ?? '', acts_on_order: payload.acts_on_order ?? null };
    putOrDelete(records.macros, id, macro, is_deleted);
  }
}

/** What is new below my bell, and what is not any more. */
function putNotifications(records: LiveRecords, { type, payload }: LiveEvent): void {
  const { notification, notification_ids } = payload;
  if (type === 'notification.added' && notification?.is_listed) {
    records.unread.set(notification.id, { id: notification.id, ticket_id: notification.ticket_id });
  } else if (type === 'notification.read') {
    for (const id of notification_ids ?? []) records.unread.delete(id);
  }
}

/** A ticket went out of this person's sight: nothing of it stays. */
export function forgetTicket(records: LiveRecords, ticketId: string): void {
  for (const id of records.messageIds.get(ticketId) ?? []) records.messages.delete(id);
  records.messageIds.delete(ticketId);
  records.timeline.delete(ticketId);
  records.tickets.delete(ticketId);
}

/** Applies one event. Applying it twice, or after a newer one, changes nothing. */
export function applyEvent(records: LiveRecords, event: LiveEvent): void {
  const { ticket, message, customer, other, ticket_id, positions } = event.payload;
  if (event.type === 'ticket.hidden' && ticket_id) return forgetTicket(records, ticket_id);
  if (customer) putCustomer(records, customer);
  if (other && records.customers.has(other.id)) putCustomer(records, other);
  if (ticket) putTicket(records, ticket);
  if (message) putMessage(records, message);
  if (ticket && positions) putPositions(records, ticket.id, positions);
  if (event.type === 'ticket.removed' && ticket_id) removeTicket(records, ticket_id);
  putCatalogue(records, event);
  putNotifications(records, event);
  const ticketId = ticket?.id ?? ticket_id;
  if (ticketId && TIMELINE_TYPES.has(event.type) && records.timeline.has(ticketId)) {
    putTimeline(records, ticketId, [timelineLine(event, ticketId)]);
  }
}
