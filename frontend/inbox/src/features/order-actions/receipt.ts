import type { OrderAction } from '@aftercare/api/orders.ts';
import { t, type IconName } from '@aftercare/ui';
import { numberOf } from '$features/orders/order-words';
import { actionWords } from './action-words';

const TONES: Record<OrderAction['state'], [string, IconName]> = {
  proposed: ['a', 'zap'],
  needs_approval: ['a', 'hourglass'],
  queued: ['n', 'ellipsis'],
  running: ['n', 'ellipsis'],
  pending: ['n', 'ellipsis'],
  checking: ['n', 'ellipsis'],
  done: ['', 'check'],
  partial: ['w', 'triangle-alert'],
  failed: ['e', 'x'],
  rejected: ['e', 'x'],
  expired: ['n', 'hourglass'],
};

/** Colour and sign of a receipt. */
export function toneOf(action: OrderAction): [string, IconName] {
  return TONES[action.state];
}

/** What it is called in a list: done in the past tense, all else as what is wanted, and how it stands. */
export function receiptTitle(action: OrderAction): string {
  const number = numberOf({ number: action.order_number });
  if (action.state === 'done') return t(`oact.done.${action.kind}`, { number });
  if (action.state === 'proposed') return t('oact.prepared', { what: actionWords(action) });
  if (['queued', 'running', 'pending'].includes(action.state))
    return t(`oact.doing.${action.kind}`, { number });
  return `${t(`oact.title.${action.kind}`, { number })} · ${t(`oact.state.${action.state}`)}`;
}
