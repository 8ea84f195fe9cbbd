import { api, ApiProblem, type Order, type SpendSummary } from '@aftercare/api';
import type { LiveEvent } from '@aftercare/live';
import { SvelteMap } from 'svelte/reactivity';
import type { Shelf } from './cache/shelf';

export interface CustomerOrders {
  state: 'loading' | 'ready' | 'failed';
  orders: readonly Order[];
  summary: SpendSummary | null;
  problem: ApiProblem | null;
}

/** Orders by customer, as the shop last told us. */
export class OrderBook {
  constructor(private readonly shelf: Shelf) {}

  readonly byCustomer = new SvelteMap<string, CustomerOrders>();

  of(customerId: string | undefined): CustomerOrders | undefined {
    return customerId ? this.byCustomer.get(customerId) : undefined;
  }

  async load(customerId: string): Promise<void> {
    const known = this.byCustomer.get(customerId);
    const none = { orders: [], summary: null, problem: null };
    if (!known) {
      this.byCustomer.set(customerId, { state: 'loading', ...none });
      void this.showKept(customerId);
    }
    try {
      const { orders, summary } = await api.customerOrders(customerId);
      this.byCustomer.set(customerId, { state: 'ready', orders, summary, problem: null });
      void this.shelf.keepOrders(customerId, { orders, summary });
    } catch (problem) {
      if (!(problem instanceof ApiProblem)) throw problem;
      const { orders, summary } = this.byCustomer.get(customerId) ?? none;
      this.byCustomer.set(customerId, {
        state: orders.length ? 'ready' : 'failed',
        orders,
        summary,
        problem,
      });
    }
  }

  /** What an earlier page saw, until the shop has answered. */
  private async showKept(customerId: string): Promise<void> {
    const kept = await this.shelf.orders(customerId);
    if (!kept || this.byCustomer.get(customerId)?.orders.length) return;
    const isAnswered = this.byCustomer.get(customerId)?.state === 'ready';
    if (!isAnswered) this.byCustomer.set(customerId, { state: 'ready', ...kept, problem: null });
  }

  /** The shop changed an order we show. */
  absorb(events: readonly LiveEvent[]): void {
    for (const event of events) {
      const customerId = event.payload.customer_id;
      if (event.type === 'order.updated' && customerId && this.byCustomer.has(customerId))
        void this.load(customerId);
    }
  }
}
