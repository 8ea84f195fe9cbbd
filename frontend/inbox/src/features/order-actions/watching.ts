import type { OrderAction } from '@aftercare/api/orders.ts';
import { t } from '@aftercare/ui';
import type { App } from '$lib/app.svelte';
import { numberOf } from '$features/orders/order-words';
import { actingOnOrders } from './acting-on-orders.svelte';
import { isOpen } from './flow';

const left = new Set<string>();
let listening: App | null = null;

/** Whoever goes on working while the shop is busy is told how it ended. */
export function tellWhenOver(app: App, action: OrderAction): void {
  if (!isOpen(action)) return tell(app, action);
  left.add(action.id);
  if (listening === app) return;
  listening = app;
  app.onEvents((events) => {
    for (const { type, payload } of events) {
      const told = payload.order_action as OrderAction | undefined;
      if (type !== 'order_action.changed' || !told || isOpen(told) || !left.delete(told.id)) continue;
      const sheet = actingOnOrders.sheet;
      if (sheet?.kind === 'follow' && sheet.action.id === told.id) continue;
      tell(app, told);
    }
  });
}

function tell(app: App, action: OrderAction): void {
  const number = numberOf({ number: action.order_number });
  const isDone = action.state === 'done';
  const text = isDone
    ? t(`oact.done.${action.kind}`, { number })
    : `${t(`oact.title.${action.kind}`, { number })}: ${t(`oact.state.${action.state}`)}`;
  app.toasts.show(text, {
    kind: isDone ? 'done' : 'problem',
    actionLabel: t('oact.show'),
    action: () => actingOnOrders.open({ kind: 'follow', action }),
  });
}

/** It is looked at again: nobody needs to be told. */
export function watchedAgain(id: string): void {
  left.delete(id);
}
