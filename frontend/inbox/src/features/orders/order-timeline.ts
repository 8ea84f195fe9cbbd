import type { Order } from '@aftercare/api';
import { money, t, type IconName } from '@aftercare/ui';

/** Something that happened to an order, or that a carrier saw. */
export interface OrderMoment {
  at: string;
  icon: IconName;
  text: string;
  detail: string;
  /** Whether it is a parcel's scan: folded away first. */
  isScan: boolean;
}

/** Everything that is known to have happened, newest first. */
export function momentsOf(order: Order): OrderMoment[] {
  const moments: OrderMoment[] = [];
  const add = (at: string | null, icon: IconName, text: string, detail = '', isScan = false) => {
    if (at) moments.push({ at, icon, text, detail, isScan });
  };
  add(order.placed_at, 'inbox', t('opanel.event.placed'), order.store.name);
  for (const payment of order.payments)
    add(
      payment.at,
      payment.state === 'failed' ? 'circle-alert' : 'check',
      t('opanel.event.payment', {
        method: payment.method || order.payment_method,
        what: t(`opanel.payment.${payment.state}`),
      }).trim(),
      money(payment.amount),
    );
  for (const line of order.lines)
    add(line.added_at, 'plus', t('opanel.event.added', { title: line.title }), line.added_by);
  for (const parcel of order.fulfillments) {
    add(
      parcel.shipped_at,
      'package',
      t('opanel.event.shipped', { carrier: parcel.carrier }),
      parcel.tracking_number,
    );
    for (const scan of parcel.events) add(scan.at, 'package-search', scan.text, scan.place, true);
    const isScanned = parcel.events.some((scan) => scan.status === 'delivered');
    if (!isScanned) add(parcel.delivered_at, 'check', t('opanel.event.delivered'), parcel.carrier);
  }
  for (const refund of order.refunds)
    add(
      refund.refunded_at,
      'undo-2',
      t('opanel.event.refund'),
      [money(refund.amount), refund.method || refund.reason].filter(Boolean).join(' · '),
    );
  for (const back of order.returns)
    add(
      back.requested_at,
      'undo-2',
      t('opanel.event.return', { number: back.number, state: t(`opanel.return.${back.state}`) }),
      back.lines.map((line) => `${line.quantity} × ${line.title}`).join(', '),
    );
  add(order.cancelled_at, 'ban', t('opanel.event.cancelled'), order.cancel_reason);
  return moments.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}

/** What we know of an order is old: the shop was not heard for longer than it should be. */
export function isStale(order: Order, now: Date): boolean {
  return now.getTime() - Date.parse(order.as_of) > order.store.stale_after_seconds * 1000;
}

export interface MoneyLine {
  key: 'subtotal' | 'discount' | 'shipping' | 'tax' | 'total' | 'refunded' | 'refundable';
  amount: Order['total'];
  isBack: boolean;
}

/** How the total comes about, without lines that say nothing. */
export function moneyLines(order: Order): MoneyLine[] {
  const line = (key: MoneyLine['key'], amount: Order['total'] | null, isBack = false): MoneyLine[] =>
    amount?.minor ? [{ key, amount, isBack }] : [];
  return [
    ...line('subtotal', order.subtotal),
    ...line('discount', order.discount, true),
    ...line('shipping', order.shipping),
    ...line('tax', order.tax),
    { key: 'total', amount: order.total, isBack: false },
    ...line('refunded', order.refunded, true),
    ...line('refundable', order.refunded.minor ? order.refundable : null),
  ];
}

/** The order that is meant stands first, whatever its age. */
export function meantFirst(orders: readonly Order[], meantId: string | null | undefined): readonly Order[] {
  const meant = orders.find((order) => order.id === meantId);
  return meant ? [meant, ...orders.filter((order) => order !== meant)] : orders;
}
