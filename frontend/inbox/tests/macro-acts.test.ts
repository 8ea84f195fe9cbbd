import type { OrderAction } from '@aftercare/api/orders.ts';
import { useWords } from '@aftercare/ui';
import { en } from '@aftercare/ui/words/en';
import { beforeAll, expect, test } from 'vitest';
import { barOf, isNewlyDone } from '$features/composer/macro-acts';
import { isUntouched } from '$features/composer/untouched';
import { actsIn, asAction, listOf } from '$features/macros/order-action';

beforeAll(() => useWords('en', en, en));

const action = (state: OrderAction['state'], reason = '') => ({ id: 'a', state, reason }) as OrderAction;

test('a reply says what became of the macro’s action, whatever that is', () => {
  const bar = (decision: string | null, told: OrderAction | null = null) =>
    barOf('cancel', '#1042', decision, told);
  expect(bar(null)).toMatchObject({ tone: 'open' });
  expect(bar(null).text).toContain('#1042');
  expect(bar('without').tone).toBe('without');
  expect(bar('a').tone).toBe('begun');
  for (const state of ['needs_approval', 'queued', 'running', 'pending', 'checking'] as const)
    expect(bar('a', action(state)).tone).toBe('begun');
  expect(bar('a', action('done')).tone).toBe('done');
  expect(bar('a', action('partial')).tone).toBe('done');
  for (const state of ['failed', 'rejected', 'expired'] as const) {
    const failed = bar('a', action(state, 'It is packed.'));
    expect([failed.tone, failed.text.endsWith('It is packed.')]).toEqual(['failed', true]);
  }
});

test('the text is filled again once, when the action is done', () => {
  expect(isNewlyDone(null, action('done'))).toBe(true);
  expect(isNewlyDone(action('running'), action('partial'))).toBe(true);
  expect(isNewlyDone(action('done'), action('done'))).toBe(false);
  expect(isNewlyDone(action('queued'), action('failed'))).toBe(false);
});

test('only a text that nobody worked on is filled again', () => {
  expect(isUntouched('Dear Mia,\n\nit is cancelled.\n', { text: 'Dear Mia,\nit is cancelled.' })).toBe(true);
  expect(isUntouched('Dear Mia, it is cancelled. Sorry!', { text: 'Dear Mia, it is cancelled.' })).toBe(
    false,
  );
});

test('what a macro does to an order goes through the editor unchanged', () => {
  const kept = { type: 'order_action', params: { kind: 'cancel', params: { reason: 'stock' } } };
  expect(actsIn([kept])).toEqual({ kind: 'cancel', params: { reason: 'stock' } });
  expect(asAction(actsIn([kept]))).toEqual([kept]);
  expect([actsIn([]), asAction(null)]).toEqual([null, []]);
  expect(listOf(' vip, late ,vip,')).toEqual(['vip', 'late']);
});
