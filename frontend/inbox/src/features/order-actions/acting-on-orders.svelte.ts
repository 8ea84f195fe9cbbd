import type { Order } from '@aftercare/api';
import type { ActionKind, OrderAction } from '@aftercare/api/orders.ts';

/** What lies over the page: an action, an order by itself, or the search for one. */
export type OrderSheet =
  | {
      kind: 'act';
      order: Order;
      action: ActionKind;
      ticketId: string | null;
      params?: Record<string, unknown>;
      /** Told once, when a person has confirmed it. */
      onstarted?: (action: OrderAction) => void;
    }
  | { kind: 'follow'; action: OrderAction }
  | { kind: 'order'; orderId: string; ticketId: string | null }
  | { kind: 'find'; text: string; ticketId: string | null };

/** Which sheet about orders is open. The sheets themselves are loaded when the first one is. */
class ActingOnOrders {
  sheet = $state.raw<OrderSheet | null>(null);

  open(sheet: OrderSheet): void {
    this.sheet = sheet;
  }

  close(): void {
    this.sheet = null;
  }
}

export const actingOnOrders = new ActingOnOrders();
