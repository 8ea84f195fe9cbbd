import type { Order } from '@aftercare/api';
import { money, shortDate, t, type Choice } from '@aftercare/ui';

const ORDERS_OFFERED = 5;

/** What can be put into a reply from the customer's orders; each says of which order it is. */
export function orderValues(orders: readonly Order[]): Choice<string>[] {
  return orders.slice(0, ORDERS_OFFERED).flatMap((order) => {
    const number = order.number.replace(/^#/, '');
    const address = addressOf(order.shipping_address);
    const parcels = order.fulfillments.filter((parcel) => parcel.tracking_number);
    return [
      { value: `#${number}`, label: t('insert.number', { number }), aliases: 'order number' },
      {
        value: order.state_text,
        label: t('insert.status', { number, status: order.state_text }),
        aliases: 'status',
      },
      {
        value: money(order.total),
        label: t('insert.total', { number, amount: money(order.total) }),
        aliases: 'total',
      },
      ...parcels.flatMap((parcel) => [
        {
          value: parcel.tracking_number,
          label: t('insert.tracking', { code: parcel.tracking_number }),
          aliases: `tracking ${number}`,
        },
        ...(parcel.tracking_url
          ? [{ value: parcel.tracking_url, label: t('insert.link', { number }), aliases: 'tracking url' }]
          : []),
      ]),
      ...dated(order, number),
      ...(address
        ? [{ value: address, label: t('insert.address', { number, address }), aliases: 'shipping' }]
        : []),
    ];
  });
}

function dated(order: Order, number: string): Choice<string>[] {
  const delivered = order.fulfillments.find((parcel) => parcel.delivered_at)?.delivered_at ?? null;
  const dates = [
    ['insert.placed', order.placed_at],
    ['insert.promised', delivered ? null : order.promised_at],
    ['insert.delivered', delivered],
  ] as const;
  return dates.flatMap(([word, at]) => {
    if (!at) return [];
    const date = shortDate(at);
    return [{ value: date, label: t(word, { number, date }), aliases: 'date' }];
  });
}

function addressOf(address: Record<string, string>): string {
  const { name, company, street, postcode, city, region, country_code } = address;
  const place = [postcode, city].filter(Boolean).join(' ');
  return [name, company, street, place, region, country_code].filter(Boolean).join(', ');
}
