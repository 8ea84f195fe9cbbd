import type { Order, PricedMoney } from '@aftercare/api';
import type {
  ActionKind,
  ActionPreview,
  ActionStep,
  Changed,
  Effect,
  NeededApproval,
  OrderAction,
  Warned,
} from '@aftercare/api/orders.ts';
import { clock, money, percent, shortDuration, t, timeOfDay, type Word } from '@aftercare/ui';
import { numberOf } from '$features/orders/order-words';

/** What moves money or ends an order is red; nothing else is. */
const DANGEROUS: readonly ActionKind[] = ['cancel', 'refund'];
export const isDangerous = (kind: ActionKind): boolean => DANGEROUS.includes(kind);

/** The word if the catalogue has it: steps of a newer server are told by their own name. */
function wordOr(key: string, otherwise: string, values: Record<string, string | number> = {}): string {
  return t(key as Word, values) || otherwise;
}

const amountOf = (effects: readonly { name: string; amount: PricedMoney | null }[], name: string) =>
  effects.find((each) => each.name === name)?.amount ?? null;

/** Verb, object and amount, as the button says it. */
export function doWords(
  kind: ActionKind,
  number: string,
  effects: readonly { name: string; amount: PricedMoney | null }[],
  amount: PricedMoney | null,
  params: Record<string, unknown> = {},
): string {
  if (kind === 'cancel') {
    const refund = amountOf(effects, 'refund');
    return refund?.minor
      ? t('oact.do.cancelRefund', { amount: money(refund) })
      : t('oact.do.cancel', { number });
  }
  if (kind === 'discount_code' && typeof params.percent === 'number')
    return t('oact.do.discount_code', { amount: percent(params.percent / 100) });
  if (kind === 'refund' || kind === 'discount_code' || kind === 'store_credit' || kind === 'gift_card')
    return t(`oact.do.${kind}`, { amount: amount ? money(amount) : '…' });
  return t(`oact.do.${kind}`, { number });
}

export function previewWords(preview: ActionPreview): string {
  return doWords(preview.kind, numberOf(preview.order), preview.effects, preview.amount, preview.params);
}

export function actionWords(action: OrderAction): string {
  return doWords(
    action.kind,
    numberOf({ number: action.order_number }),
    action.steps,
    action.amount,
    action.params,
  );
}

/** “Visa •4242” or nothing: an amount of money alone says less. */
export function effectWords(effect: Effect, number: string): string {
  if (effect.name === 'refund' && !effect.detail) return t('oact.effect.refundPlain');
  return wordOr(`oact.effect.${effect.name}`, effect.detail || effect.name, { number, about: effect.detail });
}

export function stepWords(step: Pick<ActionStep, 'name' | 'about'>): string {
  if (step.name === 'refund' && !step.about) return t('oact.step.refundPlain');
  return wordOr(`oact.step.${step.name}`, step.name, { about: step.about });
}

/** What stands at the end of a line: an amount, or how many. */
export function measure(of: { amount: PricedMoney | null; quantity: number | null }): string {
  if (of.amount) return money(of.amount);
  return of.quantity ? t('oact.items', { n: of.quantity }) : '';
}

export function warningWords(warned: Warned): { text: string; isTime: boolean } {
  const { code, detail } = warned;
  if (code === 'picking_soon' && typeof detail.at === 'string') {
    const left = Date.parse(detail.at) - clock.now.getTime();
    const time = timeOfDay(detail.at);
    const text =
      left > 0
        ? t('oact.warn.picking_soon', { time, left: shortDuration(left) })
        : t('oact.warn.pickingNow', { time });
    return { text, isTime: true };
  }
  const amount = detail.amount as PricedMoney | undefined;
  const said: Record<string, string> = {
    amount: amount ? money(amount) : '',
    name: typeof detail.name === 'string' ? detail.name : '',
    email: typeof detail.email === 'string' ? detail.email : '',
  };
  const own = typeof detail.text === 'string' ? detail.text : '';
  return { text: own || wordOr(`oact.warn.${code}`, code, said), isTime: false };
}

export function approvalWords(needed: NeededApproval): { title: string; hint: string } {
  const amount = needed.limit ? money(needed.limit) : '';
  if (needed.reason === 'capability') return { title: t('oact.overKind'), hint: t('oact.overKindHint') };
  return needed.reason === 'budget'
    ? { title: t('oact.overBudget'), hint: t('oact.overBudgetHint', { amount }) }
    : { title: t('oact.overLimit'), hint: t('oact.overLimitHint', { amount }) };
}

export function changeWords(change: Changed): string {
  if (change.field === 'time') return t('oact.changedTime');
  return wordOr(`oact.change.${change.field}`, change.field);
}

/** What the agent can say to the customer about it, with what the shop gave back. */
export function replyWords(action: OrderAction): string {
  const number = numberOf({ number: action.order_number });
  const found = (name: string) => action.steps.find((step) => step.name === name && step.state === 'done');
  const detail = (key: string) =>
    action.steps.map((step) => step.detail[key]).find((value) => typeof value === 'string');
  const said: string[] = [];
  if (found('cancel')) said.push(t('oact.insert.cancel', { number }));
  const refund = found('refund');
  if (refund?.amount)
    said.push(
      refund.about
        ? t('oact.insert.refund', { amount: money(refund.amount), about: refund.about })
        : t('oact.insert.refundPlain', { amount: money(refund.amount) }),
    );
  if (found('address') && action.after.address)
    said.push(t('oact.insert.edit_address', { number, address: action.after.address }));
  const code = detail('code');
  if (code) said.push(t('oact.insert.code', { code }));
  const url = detail('url');
  if (url) said.push(t('oact.insert.label', { url }));
  const made = detail('number');
  if (made) said.push(t('oact.insert.number', { number: made }));
  return said.join(' ');
}

/** Why an action cannot be begun on this order now; null when it can. */
export function whyNot(order: Order, kind: ActionKind, may: boolean, isOnline: boolean): string | null {
  if (!may) return t('oact.viewer');
  if (!order.store.actions.includes(kind))
    return order.store.missing[kind] || t('oact.notOffered', { platform: order.store.platform });
  if (!isOnline) return t('oact.offline');
  const isCancelled = order.cancelled_at !== null;
  if (kind === 'cancel' || kind === 'edit_address' || kind === 'edit_items') {
    if (isCancelled) return t('oact.isCancelled');
    if (kind === 'cancel' && order.can_cancel === false)
      return order.cannot_cancel_reason || t('oact.cannotCancel');
    if (kind === 'edit_address' && order.can_edit_address === false) return t('oact.cannotEditAddress');
  }
  if (kind === 'refund') {
    if (order.financial_status === 'pending' || order.financial_status === 'authorized')
      return t('oact.notPaid');
    if (order.refundable?.minor === 0 || order.financial_status === 'refunded') return t('oact.nothingLeft');
  }
  if (kind === 'return_label' && order.fulfillment_status === 'unfulfilled') return t('oact.nothingSent');
  if (kind === 'hold' && order.is_on_hold) return t('oact.isOnHold');
  if (kind === 'release' && !order.is_on_hold) return t('oact.notOnHold');
  return null;
}
