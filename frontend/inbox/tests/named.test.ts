import type { Order } from '@aftercare/api';
import { describe, expect, it } from 'vitest';
import { keptOverTime } from '../src/features/reports/accuracy';
import { namedIn } from '../src/features/ticket/named';

const order = (id: string, number: string, parcels: string[] = []) =>
  ({ id, number, fulfillments: parcels.map((tracking_number) => ({ tracking_number })) }) as unknown as Order;
const quoted = (kind: 'order' | 'tracking', text: string) => ({
  kind,
  text,
  key: text,
  carrier: '',
  url: '',
});

describe('what a message names', () => {
  it('leads to own orders by number or parcel, and to nothing for the numbers of others', () => {
    const orders = [order('a', '#1042-A'), order('b', '#1050', ['1Z 5R8 9390'])];
    const numbers = [quoted('order', '1042-a'), quoted('tracking', '1Z5R89390'), quoted('order', '2042')];

    const named = namedIn({ details: { numbers } }, orders);

    expect(named.map((each) => ('order' in each ? (each.order?.id ?? null) : each.kind))).toEqual([
      'a',
      'b',
      null,
    ]);
  });

  it('says orders first, then products, then days; a day stays the same in every time zone', () => {
    const details = {
      dates: [{ text: 'next friday', day: '2026-12-04' }],
      products: ['Linen shirt'],
      numbers: [quoted('order', '1042')],
    };

    const named = namedIn({ details }, []);

    expect(named.map((each) => each.kind)).toEqual(['order', 'product', 'day']);
    expect(named[2]).toMatchObject({ written: 'next friday' });
    expect(named[2]?.text).toMatch(/Fri.*4|4.*Fri/);
  });

  it('is nothing for a message that names nothing', () => {
    expect(namedIn({ details: {} }, [order('a', '#1')])).toEqual([]);
  });
});

describe('accuracy over time', () => {
  const day = (date: number, claimed: number, wrong: number) => ({
    day: `2026-11-${String(date).padStart(2, '0')}`,
    understood: claimed,
    unsure: 0,
    claimed,
    kept: null,
    reviewed: wrong,
    right: 0,
    wrong,
    accuracy: null,
  });

  it('adds up whole weeks from Monday, and says nothing where nothing was recognized', () => {
    const days = Array.from({ length: 19 }, (_, index) => day(index + 1, 0, 0));
    days[0] = day(1, 4, 1); // a Sunday: the first week of the period has one day
    days[1] = day(2, 5, 0);
    days[7] = day(8, 5, 1);

    expect(keptOverTime(days).points).toEqual([
      { day: '2026-11-01', value: 0.75, n: 4 },
      { day: '2026-11-02', value: 0.9, n: 10 },
      { day: '2026-11-09', value: null, n: 0 },
      { day: '2026-11-16', value: null, n: 0 },
    ]);
  });

  it('shows each day of two weeks or less', () => {
    const points = keptOverTime([day(6, 2, 1), day(7, 2, 0)]).points;

    expect(points.map((point) => point.value)).toEqual([0.5, 1]);
  });
});
