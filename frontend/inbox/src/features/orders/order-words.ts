import type { Order } from '@aftercare/api';
import { t } from '@aftercare/ui';

const FINANCIAL: Record<string, () => string> = {
  paid: () => t('order.paid'),
  pending: () => t('order.pending'),
  authorized: () => t('order.authorized'),
  partially_paid: () => t('order.partiallyPaid'),
  partially_refunded: () => t('order.partiallyRefunded'),
  refunded: () => t('order.refunded'),
  voided: () => t('order.voided'),
};
const STATES: Record<string, () => string> = {
  payment_pending: () => t('order.pending'),
  unfulfilled: () => t('order.unfulfilled'),
  picking: () => t('order.picking'),
  packed: () => t('order.packed'),
  partially_shipped: () => t('order.partial'),
  shipped: () => t('order.shipped'),
  in_transit: () => t('order.inTransit'),
  out_for_delivery: () => t('order.outForDelivery'),
  ready_for_pickup: () => t('order.readyForPickup'),
  stalled: () => t('order.stalled'),
  exception: () => t('order.exception'),
  delivered: () => t('order.delivered'),
  return_requested: () => t('order.returnRequested'),
  returned: () => t('order.returned'),
  refunded: () => t('order.refunded'),
  cancelled: () => t('order.cancelled'),
};

/** #1042, however the shop spells it. */
export const numberOf = (order: Pick<Order, 'number'>): string =>
  /^\d/.test(order.number) ? `#${order.number}` : order.number;

export function paymentWord(order: Order): string {
  return FINANCIAL[order.financial_status]?.() ?? order.financial_text;
}

/** Where the order stands, in one word or two. */
export function stateWord(order: Order): string {
  return STATES[order.state]?.() ?? order.state_text;
}
