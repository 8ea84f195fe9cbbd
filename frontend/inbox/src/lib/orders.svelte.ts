import { api, ApiProblem, type Order } from '@aftercare/api';
import type { LiveEvent } from '@aftercare/live';
import { SvelteMap } from 'svelte/reactivity';

export interface CustomerOrders {
  state: 'loading' | 'ready' | 'failed';
  orders: readonly Order[];
  asOf: string | null;
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
    if (!known) this.byCustomer.set(customerId, { state: 'loading', orders: [], asOf: null, problem: null });
    try {
      const page = await api.customerOrders(customerId);
      const asOf = page.as_of ?? page.results[0]?.as_of ?? null;
      this.byCustomer.set(customerId, { state: 'ready', orders: page.results, asOf, problem: null });
    } catch (problem) {
      if (!(problem instanceof ApiProblem)) throw problem;
      const orders = known?.orders ?? [];
      this.byCustomer.set(customerId, { state: orders.length ? 'ready' : 'failed', orders, asOf: known?.asOf ?? null, problem });
    }
  }

  /** The shop changed an order we show. */
  absorb(events: readonly LiveEvent[]): void {
    for (const event of events) {
      const customerId = event.payload.customer_id;
      if (event.type === 'order.updated' && customerId && this.byCustomer.has(customerId)) void this.load(customerId);
    }
  }
}
