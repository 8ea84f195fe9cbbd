import type { TimelineEvent } from '@aftercare/api';
import type { OrderAction } from '@aftercare/api/orders.ts';

/** The newest word about each order action of a ticket, newest first. */
export function actionsIn(lines: readonly TimelineEvent[]): OrderAction[] {
  const byId = new Map<string, OrderAction>();
  for (const line of lines) {
    const action = line.data['order_action'] as OrderAction | undefined;
    if (line.type !== 'order_action.changed' || !action) continue;
    const had = byId.get(action.id);
    if (!had || had.version <= action.version) byId.set(action.id, action);
  }
  return [...byId.values()].sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
}
