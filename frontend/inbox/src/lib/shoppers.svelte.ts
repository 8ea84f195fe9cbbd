import type { ShopperState } from '@aftercare/live';
import { SvelteMap } from 'svelte/reactivity';

/** A sign of typing is forgotten after this long; the widget repeats it while it goes on. */
const TYPING_MS = 9000;

/** Who is in the chat of which ticket, as their widgets say; never stored. */
export class Shoppers {
  private readonly states = new SvelteMap<string, ShopperState>();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();

  get(ticketId: string): ShopperState | undefined {
    return this.states.get(ticketId);
  }

  set(ticketId: string, state: ShopperState): void {
    clearTimeout(this.timers.get(ticketId));
    this.timers.delete(ticketId);
    if (state === 'left') return void this.states.delete(ticketId);
    this.states.set(ticketId, state);
    if (state === 'typing')
      this.timers.set(
        ticketId,
        setTimeout(() => this.set(ticketId, 'here'), TYPING_MS),
      );
  }
}
