import type { ActionKind, OrderAction } from '@aftercare/api/orders.ts';
import { t, type IconName } from '@aftercare/ui';

export interface Bar {
  /** open: nobody has looked yet; begun: the shop or a colleague has it; the rest as they say. */
  tone: 'open' | 'begun' | 'done' | 'failed' | 'without';
  icon: IconName;
  text: string;
}

const FAILED: OrderAction['state'][] = ['failed', 'rejected', 'expired'];
const DONE: OrderAction['state'][] = ['done', 'partial'];

/** What stands above the send button of a reply whose macro acts on an order. */
export function barOf(
  kind: ActionKind,
  number: string,
  decision: string | null,
  action: OrderAction | null,
): Bar {
  const name = t(`oact.name.${kind}`);
  if (decision === 'without') return { tone: 'without', icon: 'ban', text: t('macact.isWithout') };
  if (!decision) return { tone: 'open', icon: 'zap', text: t('macact.open', { action: name, number }) };
  if (action && FAILED.includes(action.state))
    return {
      tone: 'failed',
      icon: 'circle-alert',
      text: [t('macact.failed', { action: name, number }), action.reason].filter(Boolean).join(' '),
    };
  if (action?.state === 'partial')
    return { tone: 'done', icon: 'triangle-alert', text: t('macact.partial', { action: name, number }) };
  if (action?.state === 'done')
    return { tone: 'done', icon: 'check', text: t(`oact.done.${kind}`, { number }) };
  const isWaiting = action?.state === 'needs_approval';
  return {
    tone: 'begun',
    icon: 'hourglass',
    text: isWaiting ? t('macact.waits', { action: name, number }) : `${t(`oact.doing.${kind}`, { number })}…`,
  };
}

/** Whether this word of it is the first that says that it is over and has changed the order. */
export function isNewlyDone(before: OrderAction | null, after: OrderAction): boolean {
  return DONE.includes(after.state) && !(before !== null && DONE.includes(before.state));
}
