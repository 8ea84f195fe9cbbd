import type { Order, Ticket } from '@aftercare/api';
import { t } from '@aftercare/ui';
import type { App } from '$lib/app.svelte';
import { changeTicket } from '$lib/change-ticket';
import { numberOf } from './order-words';

/** Says which order a ticket is about: colleagues see it, macros use it. Null takes it back. */
export async function pickOrder(app: App, ticket: Ticket, order: Order | null): Promise<void> {
  const said = order ? t('opanel.picked', { number: numberOf(order) }) : t('opanel.unpicked');
  await changeTicket(app, ticket.id, { order_id: order?.id ?? null }, said);
}
