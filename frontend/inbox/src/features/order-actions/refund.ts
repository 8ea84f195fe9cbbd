import type { ActionPreview, RefundableLine } from '@aftercare/api/orders.ts';

/** What an agent gives back: so many of each line, of the shipping, or a sum of their own. */
export interface RefundDraft {
  quantities: Readonly<Record<string, number>>;
  isRestocked: boolean;
  shippingMinor: number;
  /** Another sum than what the lines come to; null: the sum of the lines. */
  amountMinor: number | null;
  method: string;
}

export type RefundLimits = Pick<
  ActionPreview,
  'refundable' | 'refundable_lines' | 'refundable_shipping' | 'methods'
>;

/** Everything that can still go back. */
export function everything(limits: RefundLimits): RefundDraft {
  return {
    quantities: Object.fromEntries(limits.refundable_lines.map((each) => [each.line, each.quantity])),
    isRestocked: limits.refundable_lines.some((each) => each.can_restock),
    shippingMinor: limits.refundable_shipping.minor,
    amountMinor: null,
    method: limits.methods[0] ?? 'original',
  };
}

export function nothing(limits: RefundLimits): RefundDraft {
  return { ...everything(limits), quantities: {}, shippingMinor: 0 };
}

const within = (value: number, most: number) => Math.min(Math.max(0, Math.floor(value) || 0), most);

/** So many of a line, never more than can go back. */
export function withQuantity(draft: RefundDraft, line: RefundableLine, quantity: number): RefundDraft {
  const quantities = { ...draft.quantities, [line.line]: within(quantity, line.quantity) };
  return { ...draft, quantities, amountMinor: null };
}

export function withShipping(draft: RefundDraft, limits: RefundLimits, minor: number): RefundDraft {
  return { ...draft, shippingMinor: within(minor, limits.refundable_shipping.minor), amountMinor: null };
}

/** What the chosen lines and shipping come to. */
export function sumOf(draft: RefundDraft, limits: RefundLimits): number {
  const lines = limits.refundable_lines.reduce(
    (sum, each) => sum + (draft.quantities[each.line] ?? 0) * each.unit.minor,
    0,
  );
  const sum = lines + draft.shippingMinor;
  // Discounts are rounded per piece: everything together is never more than what can go back.
  return limits.refundable === null ? sum : Math.min(sum, limits.refundable.minor);
}

/** What goes back in the end. */
export function totalOf(draft: RefundDraft, limits: RefundLimits): number {
  return draft.amountMinor ?? sumOf(draft, limits);
}

export type RefundFault = 'nothing' | 'too_much' | null;

export function faultOf(draft: RefundDraft, limits: RefundLimits): RefundFault {
  const total = totalOf(draft, limits);
  if (total <= 0) return 'nothing';
  if (limits.refundable !== null && total > limits.refundable.minor) return 'too_much';
  return null;
}

/** The parameters the server is asked with. */
export function refundParams(draft: RefundDraft, limits: RefundLimits): Record<string, unknown> {
  return {
    lines: limits.refundable_lines.flatMap((each) => {
      const quantity = draft.quantities[each.line] ?? 0;
      const restock = draft.isRestocked && each.can_restock;
      return quantity ? [{ line: each.line, quantity, restock }] : [];
    }),
    shipping_minor: draft.shippingMinor,
    amount_minor: totalOf(draft, limits),
    method: draft.method,
  };
}

/** What a preview said of a refund, as a draft to go on from. */
export function draftOf(params: Record<string, unknown>, limits: RefundLimits): RefundDraft {
  const lines = (params.lines ?? []) as { line: string; quantity: number; restock?: boolean }[];
  const draft: RefundDraft = {
    quantities: Object.fromEntries(lines.map((each) => [each.line, each.quantity])),
    isRestocked: lines.length ? lines.some((each) => each.restock) : everything(limits).isRestocked,
    shippingMinor: Number(params.shipping_minor ?? 0),
    amountMinor: null,
    method: String(params.method ?? limits.methods[0] ?? 'original'),
  };
  const amount = params.amount_minor;
  const isOwnSum = typeof amount === 'number' && amount !== sumOf(draft, limits);
  return isOwnSum ? { ...draft, amountMinor: amount } : draft;
}

/** “84,90” or “1,084.90” in minor units, or null for what is no amount. */
export function minorOf(text: string, digits: number): number | null {
  const plain = text.replace(/[\s\u00a0\u202f’']/g, '').replace(/[^\d.,]/g, '');
  if (!/\d/.test(plain)) return null;
  const last = Math.max(plain.lastIndexOf('.'), plain.lastIndexOf(','));
  const tail = plain.length - last - 1;
  const isPoint = last >= 0 && digits > 0 && tail <= digits;
  const whole = (isPoint ? plain.slice(0, last) : plain).replace(/[.,]/g, '');
  const part = isPoint ? plain.slice(last + 1) : '';
  return Number(whole || '0') * 10 ** digits + Number(part.padEnd(digits, '0') || '0');
}

export function digitsOf(currency: string): number {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  return format.resolvedOptions().maximumFractionDigits ?? 2;
}

/** 84.90 for a field. */
export function plainAmount(minor: number, currency: string): string {
  const digits = digitsOf(currency);
  return (minor / 10 ** digits).toFixed(digits);
}
