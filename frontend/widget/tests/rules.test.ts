import { expect, it } from 'vitest';
import { read } from '../frame/host';
import { merged, pieces, rowsOf } from '../frame/lines';
import { arrivalOf, stepsOf } from '../frame/orders';
import type { Message, Order } from '../frame/records';
import { allLines } from '../frame/unsent';
import { daysBetween, Speech } from '../frame/words';
import de from '../frame/words/de.json';
import en from '../frame/words/en.json';
import pl from '../frame/words/pl.json';
import { fits, type Moment } from '../loader/rules';

const MOMENT: Moment = {
  url: 'https://shop.example/alder',
  cart: 0,
  events: new Set(),
  today: '2026-11-22',
  now: Date.UTC(2026, 10, 22),
};

it('shows a card only where all of its rule fits, and never on a checkout', () => {
  const rule = { id: 'a', text: 'Hi' };
  expect(fits(rule, MOMENT, {})).toBe(true);
  expect(fits({ ...rule, path: '/cart' }, MOMENT, {})).toBe(false);
  expect(fits({ ...rule, cart_min: 50 }, { ...MOMENT, cart: 49 }, {})).toBe(false);
  expect(fits({ ...rule, event: 'stuck' }, { ...MOMENT, events: new Set(['stuck']) }, {})).toBe(true);
  expect(fits({ ...rule, returning: true }, MOMENT, { since: '2026-11-22' })).toBe(false);
  expect(fits({ ...rule, returning: true }, MOMENT, { since: '2026-11-21' })).toBe(true);
  const checkout = { ...MOMENT, url: 'https://shop.example/checkout/1' };
  expect(fits(rule, checkout, {})).toBe(false);
  expect(fits({ ...rule, checkout: true }, checkout, {})).toBe(true);
});

it('leaves a dismissed card away for thirty days', () => {
  const rule = { id: 'a', text: 'Hi' };
  const day = 86_400_000;
  expect(fits(rule, MOMENT, { gone: { a: MOMENT.now - 29 * day } })).toBe(false);
  expect(fits(rule, MOMENT, { gone: { a: MOMENT.now - 31 * day } })).toBe(true);
});

it('hears the loader only with the right key and form', () => {
  expect(read({ type: 'open', key: '1', view: 'chat' }, '1')).not.toBeNull();
  expect(read({ type: 'open', key: '2' }, '1')).toBeNull();
  expect(read({ type: 'open' }, '')).toBeNull();
  expect(read({ type: 'constructor', key: '1' }, '1')).toBeNull();
  expect(read({ type: 'identify', key: '1', token: 5 }, '1')).toBeNull();
  expect(read({ type: 'context', key: '1', context: 'x' }, '1')).toBeNull();
  expect(read('open', '1')).toBeNull();
});

const line = (position: number, author: Message['author'], at: string): Message => ({
  id: `m${position}`,
  position,
  author,
  name: author === 'agent' ? 'Ana' : '',
  avatar_url: null,
  text: `${position}`,
  html: '',
  attachments: [],
  at,
  quick_replies: [],
});

const parcel = (part: object): Order['parcels'][number] => ({
  carrier: 'DHL',
  tracking_number: '',
  tracking_url: '',
  status: '',
  shipped_at: '2026-11-20T10:00:00Z',
  estimated_at: null,
  delivered_at: null,
  ...part,
});
const order = (parcels: Order['parcels'], state = 'partially_shipped'): Order => ({
  id: 'o1',
  number: '#1042',
  placed_at: '2026-11-19T10:00:00Z',
  state,
  state_text: '',
  total: { text: '' },
  items: [],
  parcels,
  promised_at: null,
  as_of: '2026-11-22T10:00:00Z',
});
const reached = (of: Order): string | undefined => stepsOf(of).find((each) => each.state === 'now')?.name;

it('calls an order delivered when its last parcel is, and tells when the next one comes', () => {
  const here = parcel({ delivered_at: '2026-11-21T10:00:00Z', estimated_at: '2026-11-21T00:00:00Z' });
  const ahead = parcel({ estimated_at: '2026-11-24T00:00:00Z' });
  expect(reached(order([here, ahead]))).toBe('moving');
  expect(arrivalOf(order([here, ahead]))).toBe('2026-11-24T00:00:00Z');
  const later = parcel({ delivered_at: '2026-11-23T10:00:00Z' });
  expect(reached(order([later, here]))).toBe('delivered');
  expect(stepsOf(order([later, here])).at(-1)!.at).toBe('2026-11-23T10:00:00Z');
  expect(arrivalOf(order([later, here]))).toBeNull();
  expect(reached(order([], 'unfulfilled'))).toBe('ordered');
});

it('joins what came twice and out of order', () => {
  const [one, two, three] = [1, 2, 3].map((position) => line(position, 'agent', '2026-11-22T10:00:00Z'));
  expect(merged([three!, one!], [two!, one!]).map((each) => each.position)).toEqual([1, 2, 3]);
});

it('keeps a message in its place when the server has it', () => {
  const unsent = { id: 'm2', conversation: 'c', text: 'x', files: [], at: '2026-11-22T10:00:00Z' };
  const before = allLines([line(1, 'agent', '2026-11-22T09:00:00Z')], [unsent]);
  const after = allLines(
    [line(1, 'agent', '2026-11-22T09:00:00Z'), line(2, 'visitor', '2026-11-22T10:00:00Z')],
    [unsent],
  );
  expect(before.map((each) => each.id)).toEqual(['m1', 'm2']);
  expect(after.map((each) => each.id)).toEqual(['m1', 'm2']);
});

it('heads each day and joins what one person says in a row', () => {
  const rows = rowsOf([
    line(1, 'agent', '2026-11-20T12:00:00Z'),
    line(2, 'agent', '2026-11-20T12:01:00Z'),
    line(3, 'agent', '2026-11-22T12:00:00Z'),
  ]);
  expect(rows.map((row) => [row.day, row.isFirst, row.isLast])).toEqual([
    [true, true, false],
    [false, false, true],
    [true, true, true],
  ]);
});

it('finds addresses in plain text and leaves the full stop out', () => {
  expect(pieces('See https://a.example/x?y=1. Or not')).toEqual([
    { text: 'See ' },
    { text: 'https://a.example/x?y=1', href: 'https://a.example/x?y=1' },
    { text: '. Or not' },
  ]);
  expect(pieces('javascript:alert(1)')).toEqual([{ text: 'javascript:alert(1)' }]);
});

it('counts as each language counts', () => {
  expect(new Speech('en', en).say('items', {}, 1)).toBe('1 item');
  expect(new Speech('pl', pl).say('files_many', {}, 3)).toBe('Najwyżej 3 pliki.');
  expect(new Speech('pl', pl).say('files_many', {}, 5)).toBe('Najwyżej 5 plików.');
  expect(new Speech('de', de).say('back_at', { when: 'Montag' })).toBe('Wieder da: Montag');
  expect(daysBetween(new Date(2026, 10, 21, 23, 59), new Date(2026, 10, 22, 0, 1))).toBe(1);
});
