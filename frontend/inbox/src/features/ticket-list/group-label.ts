import type { Ticket } from '@aftercare/api';
import { clock, dayLabel, t, type Word } from '@aftercare/ui';
import type { App } from '$lib/app.svelte';
import type { ListGroup } from './ticket-order';

/** The heading above a group of tickets. */
export function groupLabel(app: App, ticket: Ticket, group: ListGroup): string {
  switch (group) {
    case 'status':
      return t(`status.${ticket.status}` as Word);
    case 'priority':
      return t(`priority.${ticket.priority}` as Word);
    case 'assignee':
      return app.records.users.get(ticket.assignee_id ?? '')?.name ?? t('assign.nobody');
    case 'channel':
      return app.records.channels.get(ticket.channel_id)?.name ?? ticket.channel_kind;
    case 'day':
      return dayLabel(ticket.last_message_at, clock.now);
    default:
      return '';
  }
}
