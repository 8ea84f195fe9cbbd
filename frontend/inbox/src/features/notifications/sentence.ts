import type { Notification } from '@aftercare/api';
import { t, type IconName } from '@aftercare/ui';

export const KINDS = [
  'assigned',
  'team_assigned',
  'mentioned',
  'customer_replied',
  'followed_replied',
  'followed_closed',
  'new_unassigned',
  'low_csat',
  'delivery_problem',
  'channel_problem',
  'store_problem',
  'rule_notice',
  'rule_problem',
  'sla_warning',
  'sla_breach',
  'order_approval',
  'order_decided',
  'order_done',
  'order_problem',
] as const;
export type Kind = (typeof KINDS)[number];

const ICONS: Record<Kind, IconName> = {
  assigned: 'user-round-plus',
  team_assigned: 'users-round',
  mentioned: 'at-sign',
  customer_replied: 'message-circle',
  followed_replied: 'message-circle',
  followed_closed: 'check',
  new_unassigned: 'inbox',
  low_csat: 'star',
  delivery_problem: 'triangle-alert',
  channel_problem: 'unplug',
  store_problem: 'unplug',
  rule_notice: 'bell',
  rule_problem: 'triangle-alert',
  sla_warning: 'hourglass',
  sla_breach: 'triangle-alert',
  order_approval: 'badge-check',
  order_decided: 'check',
  order_done: 'check-check',
  order_problem: 'triangle-alert',
};

function isKind(kind: string): kind is Kind {
  return (KINDS as readonly string[]).includes(kind);
}

export function iconOf(one: Notification): IconName {
  return isKind(one.kind) ? ICONS[one.kind] : 'bell';
}

/** What happened, and on which ticket. A kind of a newer server is told without its verb. */
export function sentenceOf(one: Notification): { title: string; text: string } {
  const name = one.actor.name || one.customer_name;
  const subject = aboutOf(one);
  const title = isKind(one.kind) ? t(`notice.${one.kind}`, { name }) : one.customer_name;
  return { title, text: one.preview ? `${one.preview}\n${subject}` : subject };
}

/** The ticket, the channel, the store or the order that it is about. */
export function aboutOf(one: Notification): string {
  if (one.ticket_number === null) return one.channel_name || one.store_name || one.order_number;
  return `${one.ticket_subject || t('ticket.noSubject')} · #${one.ticket_number}`;
}

export interface Group {
  /** Of a ticket, or else of a channel or a store. */
  id: string;
  ticketId: string | null;
  items: Notification[];
  unread: number;
}

/** One group per ticket, channel or store, the one with the newest news on top; inside, the newest first. */
export function byTicket(list: readonly Notification[], isUnread: (id: string) => boolean): Group[] {
  const groups = new Map<string, Group>();
  for (const one of [...list].sort((a, b) => (a.created_at < b.created_at ? 1 : -1))) {
    const ticketId = one.ticket_id;
    const id = ticketId ?? one.channel_id ?? one.store_id ?? one.order_action_id ?? one.id;
    const group = groups.get(id) ?? { id, ticketId, items: [], unread: 0 };
    group.items.push(one);
    if (isUnread(one.id)) group.unread += 1;
    groups.set(id, group);
  }
  return [...groups.values()];
}

/** Where news leads that is about no ticket. */
export function placeWithoutTicket(one: Pick<Notification, 'channel_id' | 'store_id'>): string {
  if (one.store_id) return `/settings/stores/${one.store_id}`;
  return one.channel_id ? `/settings/channels/${one.channel_id}` : '/approvals';
}
