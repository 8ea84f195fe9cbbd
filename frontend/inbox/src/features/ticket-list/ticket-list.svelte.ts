import { api, ApiProblem, type Query, type Ticket, type View } from '@aftercare/api';
import { putCustomer, putTicket, type LiveEvent } from '@aftercare/live';
import type { App } from '$lib/app.svelte';
import { matches } from '$lib/view-match';

const PAGE_SIZE = 50;
const ASK_AGAIN_MS = 700;

export type ListSort = 'queue' | 'newest' | 'oldest';
export interface ListQuery {
  view: View | null;
  q: string;
  isUnreadOnly: boolean;
  sort: ListSort;
}

/** Order of the queue: urgent first, then the newest message. */
export function compareTickets(a: Ticket, b: Ticket, sort: ListSort): number {
  const rank = (ticket: Ticket) => (sort === 'queue' && ticket.priority === 'urgent' ? 1 : 0);
  const byTime = a.last_message_at < b.last_message_at ? 1 : a.last_message_at > b.last_message_at ? -1 : 0;
  const byAge = sort === 'oldest' ? -byTime : byTime;
  return rank(b) - rank(a) || byAge || (a.id < b.id ? 1 : -1);
}

/** The tickets of one view: pages from the server, kept right by events. */
export class TicketList {
  ids = $state.raw<readonly string[]>([]);
  /** New here, but held back so that rows don't move under the pointer. */
  arrived = $state.raw<readonly string[]>([]);
  total = $state<number | null>(null);
  state = $state<'loading' | 'ready' | 'failed'>('loading');
  isLoadingMore = $state(false);
  problem = $state.raw<ApiProblem | null>(null);
  /** The pointer rests on the rows or they are scrolled: nothing may move. */
  isHeld = $state(false);
  /** Stays in the list while it is open, even when it no longer belongs here. */
  openId = $state<string | null>(null);

  private next: string | null = null;
  private controller: AbortController | null = null;
  private askTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly app: App,
    readonly query: ListQuery,
  ) {}

  get hasMore(): boolean {
    return this.next !== null;
  }

  get tickets(): Ticket[] {
    return this.ids.flatMap((id) => this.app.records.tickets.get(id) ?? []);
  }

  async load(): Promise<void> {
    this.controller?.abort();
    const controller = (this.controller = new AbortController());
    try {
      const parameters = this.parameters();
      const asked = api.tickets(parameters, controller.signal);
      if (this.state === 'loading') void this.showKept(JSON.stringify(parameters), controller.signal);
      const page = await asked;
      this.takePage(page, false);
      this.state = 'ready';
      this.problem = null;
      void this.app.shelf.keepList(JSON.stringify(parameters), page);
    } catch (problem) {
      if (controller.signal.aborted) return;
      this.fail(problem);
    }
  }

  /** What an earlier page saw here, until the server has answered. */
  private async showKept(key: string, signal: AbortSignal): Promise<void> {
    const kept = await this.app.shelf.list(key);
    if (!kept || signal.aborted || this.state === 'ready' || this.ids.length) return;
    this.takePage(kept, false);
    this.state = 'ready';
  }

  async loadMore(): Promise<void> {
    if (this.next === null || this.isLoadingMore) return;
    this.isLoadingMore = true;
    try {
      this.takePage(await api.tickets({ ...this.parameters(), after: this.next }), true);
    } catch (problem) {
      if (!(problem instanceof ApiProblem)) throw problem;
      this.app.noticeSignedOut(problem);
    } finally {
      this.isLoadingMore = false;
    }
  }

  stop(): void {
    this.controller?.abort();
    clearTimeout(this.askTimer);
  }

  /** Follows the event log. What only the server can decide is asked again after a pause. */
  absorb(events: readonly LiveEvent[]): void {
    const touched = new Set(events.flatMap((event) => event.payload.ticket?.id ?? []));
    const gone: string[] = [];
    const come: string[] = [];
    for (const id of touched) {
      const verdict = this.belongs(id);
      const isListed = this.ids.includes(id);
      if (verdict === null) this.askSoon();
      else if (!verdict && isListed && id !== this.openId) gone.push(id);
      else if (verdict && !isListed && this.reaches(id)) come.push(id);
    }
    this.ids = gone.length ? this.ids.filter((id) => !gone.includes(id)) : this.ids;
    this.arrived = [...new Set([...this.arrived, ...come])].filter((id) => !gone.includes(id));
    if (!this.isHeld) this.settle();
  }

  /** Lets arrived rows in and puts all in order. */
  settle(): void {
    const ids = new Set([...this.arrived, ...this.ids]);
    const tickets = [...ids].flatMap((id) => this.app.records.tickets.get(id) ?? []);
    this.ids = tickets.sort((a, b) => compareTickets(a, b, this.query.sort)).map((ticket) => ticket.id);
    this.arrived = [];
  }

  /** The open ticket was left: if it doesn't belong here any more, it may go now. */
  leave(id: string): void {
    if (this.ids.includes(id) && this.belongs(id) === false)
      this.ids = this.ids.filter((each) => each !== id);
  }

  private belongs(id: string): boolean | null {
    const ticket = this.app.records.tickets.get(id);
    const me = this.app.me;
    if (!ticket || !me) return false;
    if (this.query.q || !this.query.view) return this.ids.includes(id) ? true : null;
    if (this.query.isUnreadOnly && !ticket.is_unread) return false;
    if (ticket.merged_into_id) return false;
    return matches(ticket, this.query.view.conditions, { userId: me.id });
  }

  /** A ticket below the last loaded row is found by paging, not by events. */
  private reaches(id: string): boolean {
    const last = this.app.records.tickets.get(this.ids.at(-1) ?? '');
    const ticket = this.app.records.tickets.get(id);
    if (this.next === null || !last || !ticket) return true;
    return compareTickets(ticket, last, this.query.sort) < 0;
  }

  private askSoon(): void {
    clearTimeout(this.askTimer);
    this.askTimer = setTimeout(() => void this.load(), ASK_AGAIN_MS);
  }

  private parameters(): Query {
    const { view, q, isUnreadOnly, sort } = this.query;
    return {
      view: view?.slug,
      q,
      unread: isUnreadOnly ? 'true' : null,
      sort: sort === 'queue' ? null : sort,
      limit: PAGE_SIZE,
    };
  }

  private takePage(page: Awaited<ReturnType<typeof api.tickets>>, isMore: boolean): void {
    for (const customer of page.customers) putCustomer(this.app.records, customer);
    for (const ticket of page.results) putTicket(this.app.records, ticket);
    const ids = page.results.map((ticket) => ticket.id);
    this.ids = [...new Set(isMore ? [...this.ids, ...ids] : ids)];
    this.next = page.next;
    if (!isMore) this.arrived = [];
    this.total = page.total ?? this.total;
  }

  private fail(problem: unknown): void {
    if (!(problem instanceof ApiProblem)) throw problem;
    if (this.app.noticeSignedOut(problem)) return;
    this.problem = problem;
    if (this.ids.length === 0) this.state = 'failed';
  }
}
