import { ApiProblem } from '@aftercare/api';
import { ordersApi } from '@aftercare/api/orders.ts';
import type { App } from '$lib/app.svelte';
import { waiting } from '$lib/waiting.svelte';

const TOLD_BY = ['order_action.changed', 'ticket.assigned'];
const PAUSE_MS = 300;

/** Keeps the number of what waits for this person: asked once, then whenever something moved. */
export function countWaiting(app: App): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  async function count(): Promise<void> {
    try {
      const { approvals, proposals } = await ordersApi.waiting();
      waiting.n = approvals + proposals;
    } catch (raised) {
      if (!(raised instanceof ApiProblem)) throw raised;
    }
  }
  void count();
  const stop = app.onEvents((events) => {
    if (!events.some(({ type }) => TOLD_BY.includes(type))) return;
    clearTimeout(timer);
    timer = setTimeout(() => void count(), PAUSE_MS);
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}
