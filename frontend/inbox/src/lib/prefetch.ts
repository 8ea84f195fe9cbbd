import { api, ApiProblem } from '@aftercare/api';
import type { App } from './app.svelte';
import { putConversation } from './cache/conversation';

const REST_MS = 80;
const FRESH_MS = 60_000;
const AT_ONCE = 2;

/** Loads tickets before they are opened: the one the pointer or J/K rests on, and the next few when idle. */
export class Prefetch {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly loadedAt = new Map<string, number>();
  private queue: string[] = [];
  private running = 0;

  constructor(private readonly app: App) {}

  /** The pointer or the focus rests on this row. */
  peek(ticketId: string): void {
    clearTimeout(this.timer);
    if (this.isFresh(ticketId)) return;
    this.timer = setTimeout(() => this.ask([ticketId], true), REST_MS);
  }

  /** Likely next; they wait until the browser has nothing better to do. */
  next(ticketIds: readonly string[]): void {
    const wanted = ticketIds.filter((id) => !this.isFresh(id));
    if (!wanted.length) return;
    const idle = window.requestIdleCallback ?? ((call: () => void) => setTimeout(call, 200));
    idle(() => this.ask(wanted, false));
  }

  /** It has just been loaded by whoever opened it. */
  loaded(ticketId: string): void {
    this.loadedAt.set(ticketId, Date.now());
    if (this.loadedAt.size > 1_000) this.loadedAt.clear();
  }

  private isFresh(ticketId: string): boolean {
    return (
      this.app.records.timeline.has(ticketId) &&
      Date.now() - (this.loadedAt.get(ticketId) ?? -Infinity) < FRESH_MS
    );
  }

  private ask(ticketIds: readonly string[], isFirst: boolean): void {
    const rest = this.queue.filter((id) => !ticketIds.includes(id));
    this.queue = (isFirst ? [...ticketIds, ...rest] : [...rest, ...ticketIds]).slice(0, 8);
    void this.work();
  }

  private async work(): Promise<void> {
    while (this.running < AT_ONCE && this.app.connectionState === 'live') {
      const id = this.queue.shift();
      if (id === undefined) return;
      if (this.isFresh(id)) continue;
      this.running += 1;
      await this.load(id).finally(() => (this.running -= 1));
    }
  }

  private async load(id: string): Promise<void> {
    try {
      const { data } = await api.ticket(id);
      const { records } = this.app;
      putConversation(records, data);
      for (const draft of data.drafts) this.app.drafts.takeFromServer(draft);
      this.loaded(id);
      void this.app.shelf.keepThread(records, id);
      if (!this.app.orders.of(data.customer.id)) await this.app.orders.load(data.customer.id);
    } catch (problem) {
      if (!(problem instanceof ApiProblem)) throw problem;
    }
  }
}
