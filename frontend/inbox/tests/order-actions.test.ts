import { ApiProblem } from '@aftercare/api';
import type { ActionPreview, OrderAction } from '@aftercare/api/orders.ts';
import { useWords } from '@aftercare/ui';
import { en } from '@aftercare/ui/words/en';
import { describe, expect, test } from 'vitest';
import { changedFields, cleaned, addressOf, faultsOf, formOf } from '$features/order-actions/address';
import { doWords } from '$features/order-actions/action-words';
import { followed, NOTHING, phaseOf, previewed, refused, type Flow } from '$features/order-actions/flow';
import {
  draftOf,
  everything,
  faultOf,
  minorOf,
  refundParams,
  sumOf,
  totalOf,
  withQuantity,
  withShipping,
} from '$features/order-actions/refund';
import { policyOf } from '$features/order-actions/limits';
import { splitOrders } from '$features/orders/in-text';

useWords('en', {}, en);

const eur = (minor: number) => ({ minor, currency: 'EUR', text: '' });
const shirt = { line: 'l1', title: 'Shirt', variant: '', quantity: 2, unit: eur(2950), can_restock: true };
const limits = {
  refundable: eur(6390),
  refundable_lines: [shirt],
  refundable_shipping: eur(490),
  methods: ['original'],
};
const preview = {
  ...limits,
  preview_token: 't1',
  kind: 'cancel',
  params: {},
  effects: [],
  running: [],
} as unknown as ActionPreview;
const action = (more: Partial<OrderAction>) =>
  ({
    id: 'mine',
    kind: 'cancel',
    state: 'queued',
    version: 1,
    steps: [],
    instead: [],
    ...more,
  }) as OrderAction;
const problem = (status: number, code: string, more: object = {}) =>
  new ApiProblem({ title: code, status, code, ...more });

describe('how an action goes', () => {
  const ready: Flow = previewed(NOTHING, preview, 'mine');
  const sending: Flow = { ...ready, isSubmitting: true };

  test('nothing is done before the shop has said so', () => {
    expect(phaseOf(NOTHING)).toBe('previewing');
    expect(phaseOf(ready)).toBe('ready');
    expect(phaseOf(sending)).toBe('submitting');
    for (const state of ['queued', 'running', 'pending'] as const)
      expect(phaseOf(followed(sending, action({ state })))).toBe('pending');
    expect(phaseOf(followed(sending, action({ state: 'done' })))).toBe('done');
    expect(phaseOf(followed(sending, action({ state: 'partial' })))).toBe('partial');
    expect(phaseOf(followed(sending, action({ state: 'needs_approval' })))).toBe('waiting');
  });

  test('UX 28: a stale preview brings the new one and the difference, and asks again', () => {
    const changes = [{ field: 'fulfillment', before: 'Unfulfilled', after: 'Fulfilled' }];
    const newer = { ...preview, preview_token: 't2' };
    const after = refused(sending, problem(409, 'stale_preview', { preview: newer, changes }));
    expect(phaseOf(after)).toBe('changed');
    expect(after.preview?.preview_token).toBe('t2');
    expect(after.changes).toEqual(changes);
    const onlyLate = refused(sending, problem(409, 'stale_preview', { preview: newer, changes: [] }));
    expect(phaseOf(onlyLate)).toBe('changed');
  });

  test('UX 30: a lost answer is looked up; a lost preview is only asked again', () => {
    expect(phaseOf(refused(sending, problem(0, 'offline')))).toBe('checking');
    expect(phaseOf(refused(sending, problem(504, 'http_504')))).toBe('checking');
    expect(phaseOf(refused(ready, problem(0, 'offline')))).toBe('unreachable');
    expect(phaseOf(refused(ready, problem(409, 'shop_unreachable')))).toBe('unreachable');
  });

  test('UX 31: who was faster is followed to the end', () => {
    const theirs = action({ id: 'theirs', state: 'running', version: 2 });
    const taken = refused(sending, problem(409, 'already_running', { running: theirs }));
    expect(phaseOf(taken)).toBe('taken');
    const after = followed(taken, { ...theirs, state: 'done', version: 3 });
    expect(after.taken?.state).toBe('done');
    expect(after.action).toBeNull();
    expect(phaseOf(previewed(NOTHING, { ...preview, running: [theirs] }, 'mine'))).toBe('taken');
  });

  test('old news changes nothing', () => {
    const done = followed(sending, action({ state: 'done', version: 5 }));
    expect(followed(done, action({ state: 'running', version: 4 })).action?.state).toBe('done');
  });

  test('what is wrong in a field leaves the form open', () => {
    expect(phaseOf(refused(ready, problem(422, 'invalid_input')))).toBe('ready');
    expect(phaseOf(refused({ ...NOTHING, isAsking: true }, problem(422, 'invalid_input')))).toBe('ready');
    expect(phaseOf(refused(ready, problem(409, 'action_refused')))).toBe('refused');
  });
});

describe('UX rule 10: a refund', () => {
  test('is everything at first, and never more than can go back', () => {
    const all = everything(limits);
    expect(sumOf(all, limits)).toBe(6390);
    const more = withQuantity(all, shirt, 9);
    expect(more.quantities.l1).toBe(2);
    expect(withShipping(all, limits, 100_000).shippingMinor).toBe(490);
    expect(faultOf({ ...all, amountMinor: 6391 }, limits)).toBe('too_much');
    expect(faultOf({ ...all, amountMinor: 6390 }, limits)).toBeNull();
    expect(faultOf(withShipping(withQuantity(all, shirt, 0), limits, 0), limits)).toBe('nothing');
  });

  test('says lines, shipping and sum, and is read back as it was said', () => {
    const one = withQuantity(everything(limits), shirt, 1);
    const params = refundParams(one, limits);
    expect(params).toEqual({
      lines: [{ line: 'l1', quantity: 1, restock: true }],
      shipping_minor: 490,
      amount_minor: 3440,
      method: 'original',
    });
    expect(totalOf(draftOf(params, limits), limits)).toBe(3440);
    expect(draftOf({ ...params, amount_minor: 1000 }, limits).amountMinor).toBe(1000);
  });

  test.each([
    ['84,90', 2, 8490],
    ['84.9', 2, 8490],
    ['1.084,90', 2, 108490],
    ['1,084.90', 2, 108490],
    ['1,084', 2, 108400],
    ['€ 12', 2, 1200],
    ['4800', 0, 4800],
    ['4,800', 0, 4800],
    ['1.5', 3, 1500],
  ])('reads “%s” with %i digits as %i', (text, digits, minor) => {
    expect(minorOf(text, digits)).toBe(minor);
  });
  test('reads no amount as none', () => {
    expect(minorOf('', 2)).toBeNull();
    expect(minorOf('abc', 2)).toBeNull();
  });
});

describe('UX rule 9: an address', () => {
  const paris = addressOf({
    name: 'Mia',
    street: 'Rue 1',
    postcode: '69002',
    city: 'Lyon',
    country_code: 'fr',
  });

  test('is asked for as its country writes it', () => {
    expect(formOf('US').fields).toEqual([
      'country_code', 'name', 'company', 'street', 'city', 'region', 'postcode', 'phone',
    ]); // prettier-ignore
    expect(formOf('US').postcode).toBe('zip');
    expect(formOf('FR').fields).not.toContain('region');
    expect(formOf('HK').fields).not.toContain('postcode');
    expect(formOf('ZZ').required).not.toContain('postcode');
  });

  test('is not sent with what is missing or cannot be', () => {
    expect(faultsOf(paris)).toEqual({});
    expect(faultsOf({ ...paris, street: ' ' })).toEqual({ street: 'missing' });
    expect(faultsOf({ ...paris, postcode: '6900' })).toEqual({ postcode: 'postcode' });
    expect(faultsOf({ ...paris, country_code: 'US' })).toEqual({ region: 'missing' });
    expect(faultsOf({ ...paris, country_code: 'NL', postcode: '1012 AB' })).toEqual({});
  });

  test('leaves out what the country does not ask for, and says what differs', () => {
    const moved = cleaned({ ...paris, region: 'ARA', street: '  Rue   2 ' });
    expect(moved).toMatchObject({ region: '', street: 'Rue 2' });
    expect(changedFields(paris, moved)).toEqual(['street']);
  });
});

test('UX 26: the button says verb, object and amount', () => {
  const refund = { name: 'refund', amount: eur(8490) };
  expect(doWords('cancel', '#1042', [refund], eur(8490))).toBe('Cancel order and refund €84.90');
  expect(doWords('cancel', '#1042', [], eur(0))).toBe('Cancel order #1042');
  expect(doWords('refund', '#1042', [refund], eur(3440))).toBe('Refund €34.40');
  expect(doWords('discount_code', '#1042', [], eur(0), { percent: 10 })).toBe('Make code worth 10%');
  expect(doWords('edit_address', '#1042', [], null)).toBe('Change address of #1042');
});

describe('orders that a text names', () => {
  const own = [{ id: 'o1', number: '#1042' }];
  const named = (text: string) =>
    splitOrders(text, own).flatMap((part) => (part.number ? [[part.number, part.orderId]] : []));

  test('the customer’s own are found however they are written, others only with a sign', () => {
    expect(named('Please cancel #1042, not 01042.')).toEqual([
      ['#1042', 'o1'],
      ['01042', 'o1'],
    ]);
    expect(named('注文1042です')).toEqual([['1042', 'o1']]);
    expect(named('ออเดอร์#1042ครับ')).toEqual([['#1042', 'o1']]);
    expect(named('注文 #1042 の変更')).toEqual([['#1042', 'o1']]);
    expect(named('#9999 and 9999')).toEqual([['#9999', null]]);
    expect(named('It was €1042.50 on 2026-1042, a1042@x.fr')).toEqual([]);
  });

  test('no sign of the text is lost', () => {
    const text = 'Is #1042 on its way? Tracking 1042000.';
    expect(
      splitOrders(text, own)
        .map((part) => part.text)
        .join(''),
    ).toBe(text);
  });
});

describe('limits', () => {
  test('are read as they are written, and refused where they are no amounts', () => {
    const rows = [{ currency: 'eur', each: '100,00', day: '' }];
    expect(policyOf({ role: 'agent', rows }, null)?.limits).toEqual([
      { currency: 'EUR', per_action_minor: 10000, per_day_minor: null },
    ]);
    expect(policyOf({ role: 'agent', rows: [{ currency: 'EU', each: '1', day: '1' }] }, null)).toBeNull();
    expect(policyOf({ role: 'agent', rows: [{ currency: 'EUR', each: 'x', day: '' }] }, null)).toBeNull();
  });
});
