import { api, ApiProblem, type Order, type SpendSummary } from '@aftercare/api';
import type { LiveEvent } from '@aftercare/live';
import { SvelteMap } from 'svelte/reactivity';

export interface CustomerOrders {
  state: 'loading' | 'ready' | 'failed';
  orders: readonly Order[];
  summary: SpendSummary | null;
  problem: ApiProblem | null;
}

/** Orders by customer, as the shop last told us. */
export class OrderBook {
  readonly byCustomer = new SvelteMap<string, CustomerOrders>();

  of(customerId: string | undefined): CustomerOrders | undefined {
    return customerId ? this.byCustomer.get(customerId) : undefined;
  }

  async load(customerId: string): Promise<void> {
    const known = this.byCustomer.get(customerId);
    const none = { orders: [], summary: null, problem: null };
    if (!known) this.byCustomer.set(customerId, { state: 'loading', ...none });
    try {
      const { orders, summary } = await api.customerOrders(customerId);
      this.byCustomer.set(customerId, { state: 'ready', orders, summary, problem: null });
    } catch (problem) {
      if (!(problem instanceof ApiProblem)) throw problem;
      const { orders, summary } = known ?? none;
      this.byCustomer.set(customerId, {
        state: orders.length ? 'ready' : 'failed',
        orders,
        summary,
        problem,
      });
    }
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
