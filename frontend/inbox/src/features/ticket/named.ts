import type { Message, Order } from '@aftercare/api';
import { weekdayAndDate } from '@aftercare/ui';
import type { Facts } from './facts';

/** A day, a product, an order or a parcel that the customer's own words name. */
export type Named =
  | { kind: 'day'; text: string; written: string }
  | { kind: 'product'; text: string }
  | { kind: 'order' | 'tracking'; text: string; carrier: string; order: Pick<Order, 'id' | 'number'> | null };

/** As the server compares numbers: no signs before, between or after, no zeros in front. */
const keyOf = (number: string) =>
  number
    .replace(/[^\p{L}\p{N}]/gu, '')
    .replace(/^0+(?=\d)/, '')
    .toUpperCase();

/** In the order an agent looks for them: which order, which product, when. */
export function namedIn(message: Pick<Message, 'details'>, orders: readonly Order[]): Named[] {
  const { numbers = [], products = [], dates = [] } = message.details as Facts;
  return [
    ...numbers.map(({ kind, text, key, carrier }): Named => ({
      kind,
      text,
      carrier,
      order:
        orders.find((order) =>
          kind === 'order'
            ? keyOf(order.number) === keyOf(key)
            : order.fulfillments.some((parcel) => keyOf(parcel.tracking_number) === keyOf(key)),
        ) ?? null,
    })),
    ...products.map((text): Named => ({ kind: 'product', text })),
    ...dates.map(({ day, text }): Named => ({
      kind: 'day',
      text: weekdayAndDate(`${day}T12:00:00`),
      written: text,
    })),
  ];
}
