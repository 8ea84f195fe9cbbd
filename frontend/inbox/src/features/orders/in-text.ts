/** A piece of text, and the order it names as far as it is known. */
export interface OrderPart {
  text: string;
  /** The number as it stands there; null for other text. */
  number: string | null;
  orderId: string | null;
}

/** Not part of a word, a web address, an amount or a date; Thai and Chinese put no space around it. */
const NUMBER =
  /(?<![\p{Script=Latin}\p{Script=Cyrillic}\p{Sc}\d/._@-])#?\d{3,}(?:-[A-Z0-9]{1,4})?(?![\p{Script=Latin}\p{Script=Cyrillic}\d@]|[.,/-]\d)/gu;

const keyOf = (number: string) => number.replace(/^#?0*/, '').toUpperCase();

/**
 * Splits text at order numbers: those of the customer's own orders, and whatever else begins with a
 * “#”, which may be somebody else's.
 */
export function splitOrders(text: string, own: readonly { id: string; number: string }[]): OrderPart[] {
  if (!/\d{3}/.test(text)) return [{ text, number: null, orderId: null }];
  const ids = new Map(own.map((order) => [keyOf(order.number), order.id]));
  const parts: OrderPart[] = [];
  let end = 0;
  for (const found of text.matchAll(NUMBER)) {
    const orderId = ids.get(keyOf(found[0])) ?? null;
    if (!orderId && !found[0].startsWith('#')) continue;
    if (found.index > end) parts.push({ text: text.slice(end, found.index), number: null, orderId: null });
    parts.push({ text: found[0], number: found[0], orderId });
    end = found.index + found[0].length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), number: null, orderId: null });
  return parts;
}
