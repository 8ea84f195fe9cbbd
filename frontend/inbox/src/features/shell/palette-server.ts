import { page } from '$app/state';
import { api, ApiProblem } from '@aftercare/api';
import { ordersApi } from '@aftercare/api/orders.ts';
import { putCustomer, putTicket } from '@aftercare/live';
import { money, t } from '@aftercare/ui';
import { actingOnOrders } from '$features/order-actions/acting-on-orders.svelte';
import { numberOf, stateWord } from '$features/orders/order-words';
import type { App } from '$lib/app.svelte';
import {
  customerRow,
  ticketRow,
  type PaletteHands,
  type PaletteQuery,
  type PaletteRow,
} from './palette-rows';

/** What the server knows beyond this browser. A refusal is no answer: what is here stays shown. */
export async function askServer(
  app: App,
  query: PaletteQuery,
  hands: PaletteHands,
  signal: AbortSignal,
): Promise<PaletteRow[]> {
  const asked: Promise<PaletteRow[]>[] = [];
  if (query.mode !== '@') asked.push(tickets(app, query, hands, signal));
  if (isOrderish(query)) asked.push(orders(query));
  if (query.mode !== '#') asked.push(customers(app, query, hands));
  const answers = await Promise.allSettled(asked);
  return answers.flatMap((answer) => {
    if (answer.status === 'fulfilled') return answer.value;
    const problem: unknown = answer.reason;
    if (problem instanceof ApiProblem || signal.aborted) return [];
    throw problem;
  });
}

/** A number, an e-mail address, or what looks like a tracking number. */
function isOrderish({ mode, words }: PaletteQuery): boolean {
  return mode === '#' || (mode === '' && (/\d{3,}/.test(words) || words.includes('@')));
}

async function orders(query: PaletteQuery): Promise<PaletteRow[]> {
  const answer = await ordersApi.find(query.words);
  return answer.orders.slice(0, 5).map((order) => ({
    id: `order-${order.id}`,
    heading: t('customer.tabOrders'),
    label: numberOf(order),
    hint: [order.buyer_name || order.email, money(order.total), stateWord(order)].filter(Boolean).join(' · '),
    icon: 'package',
    run: () =>
      actingOnOrders.open({ kind: 'order', orderId: order.id, ticketId: page.params.ticket ?? null }),
  }));
}

async function tickets(
  app: App,
  query: PaletteQuery,
  hands: PaletteHands,
  signal: AbortSignal,
): Promise<PaletteRow[]> {
  const q = query.mode === '#' ? `#${query.words}` : query.words;
  const answer = await api.tickets({ q, limit: 6 }, signal);
  for (const customer of answer.customers) putCustomer(app.records, customer);
  for (const ticket of answer.results) putTicket(app.records, ticket);
  return answer.results.map((ticket) => ticketRow(app, ticket, hands));
}

async function customers(app: App, query: PaletteQuery, hands: PaletteHands): Promise<PaletteRow[]> {
  const answer = await api.customers(query.words);
  for (const customer of answer.results.slice(0, 6)) putCustomer(app.records, customer);
  return answer.results.slice(0, 6).map((customer) => customerRow(customer, hands));
}
