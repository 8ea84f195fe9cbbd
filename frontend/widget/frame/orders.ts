import type { Order } from './records';
import type { Speech } from './words';

export interface Step {
  name: string;
  /** When it happened. */
  at: string | null;
  state: 'done' | 'now' | 'ahead';
}

const MOVING = ['partially_shipped', 'shipped', 'in_transit', 'out_for_delivery', 'stalled', 'exception'];
const ENDED: Record<string, string> = {
  cancelled: 'cancelled',
  refunded: 'refunded',
  returned: 'returned',
  return_requested: 'returned',
  ready_for_pickup: 'ready',
  exception: 'problem',
  payment_pending: 'unpaid',
};

/** The four stops of an order: solid is what happened, dashed is what is promised. */
export function stepsOf(order: Order): Step[] {
  const shipped = order.parcels.find((each) => each.shipped_at)?.shipped_at ?? null;
  // Delivered is what has all arrived: the last parcel decides, not the first.
  const arrivals = order.parcels.map((each) => each.delivered_at);
  const delivered = arrivals.length && arrivals.every(Boolean) ? arrivals.sort().at(-1)! : null;
  const isDelivered = order.state === 'delivered' || delivered !== null;
  const isMoving = MOVING.includes(order.state) || shipped !== null;
  const reached = isDelivered ? 3 : isMoving ? 2 : order.state === 'packed' ? 1 : 0;
  const moments = [order.placed_at, null, shipped, delivered];
  return ['ordered', 'packed', 'moving', 'delivered'].map((name, index) => ({
    name,
    at: moments[index] ?? null,
    state: index < reached ? 'done' : index === reached ? 'now' : 'ahead',
  }));
}

/** When it arrives, where that is still ahead and known. */
export function arrivalOf(order: Order): string | null {
  if (order.state === 'delivered' || ENDED[order.state]) return null;
  const ahead = order.parcels.filter((each) => !each.delivered_at);
  if (order.parcels.length && !ahead.length) return null;
  return ahead.find((each) => each.estimated_at)?.estimated_at ?? order.promised_at;
}

/** The one sentence that answers "where is it?". */
export function answerOf(order: Order, words: Speech): string {
  const ended = ENDED[order.state];
  if (ended) return words.say(ended);
  const arrival = arrivalOf(order);
  if (arrival) return words.day(arrival);
  const [, , moving, delivered] = stepsOf(order);
  if (delivered!.state === 'now')
    return delivered!.at ? `${words.say('delivered')}, ${words.day(delivered!.at)}` : words.say('delivered');
  return words.say(moving!.state === 'now' ? 'moving' : 'preparing');
}
