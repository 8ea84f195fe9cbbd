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
const FULFILLMENT: Record<string, () => string> = {
  unfulfilled: () => t('order.unfulfilled'),
  partial: () => t('order.partial'),
  partially_fulfilled: () => t('order.partial'),
  fulfilled: () => t('order.fulfilled'),
  shipped: () => t('order.shipped'),
  delivered: () => t('order.delivered'),
  returned: () => t('order.returned'),
  cancelled: () => t('order.cancelled'),
};

/** #1042, however the shop spells it. */
export const numberOf = (order: Pick<Order, 'number'>): string => (/^\d/.test(order.number) ? `#${order.number}` : order.number);

export function paymentWord(order: Order): string {
  return FINANCIAL[order.financial_status]?.() ?? order.financial_text;
}

export function fulfillmentWord(order: Order): string {
  if (order.cancelled_at) return t('order.cancelled');
  return FULFILLMENT[order.fulfillment_status]?.() ?? order.fulfillment_text;
}
