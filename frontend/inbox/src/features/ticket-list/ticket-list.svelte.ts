import {
  api,
  ApiProblem,
  clientId,
  type Query,
  type QueryAnalysis,
  type Ticket,
  type View,
} from '@aftercare/api';
import { putCustomer, putTicket, type LiveEvent } from '@aftercare/live';
import type { App } from '$lib/app.svelte';
import type { ListFilter } from '$lib/selection.svelte';
import { matches } from '$lib/view-match';
import { orderBy, placeFor, type ListGroup, type ListSort } from './ticket-order';

export type { ListSort } from './ticket-order';

const FIRST_PAGE = 50;
const NEXT_PAGES = 200;
const ASK_AGAIN_MS = 700;
/** So many rows beyond the sight are fetched, so that a flick does not run into a hole. */
const AHEAD = 400;

export interface ListQuery {
  view: View | null;
  q: string;
  isUnreadOnly: boolean;
  sort: ListSort;
  group: ListGroup;
}

/** The tickets of one view or query: pages from the server, kept right by events. */
export class TicketList {
  ids = $state.raw<readonly string[]>([]);
  /** New here, but held back so that rows don't move under the pointer. */
  arrived = $state.raw<readonly string[]>([]);
  /** No longer here, but still shown for the same reason. */
  left = $state.raw<ReadonlySet<string>>(new Set());
  total = $state<number | null>(null);
  isTotalExact = $state(true);
  state = $state<'loading' | 'ready' | 'failed'>('loading');
  isLoadingMore = $state(false);
  isRefreshing = $state(false);
  problem = $state.raw<ApiProblem | null>(null);
  /** How the server read the query: chips, what it did not understand, and what that may have meant. */
  analysis = $state.raw<QueryAnalysis | null>(null);
  /** The pointer rests on the rows, they are scrolled or some are picked: nothing may move. */
  isHeld = $state(false);
  /** Stays in the list while it is open, even when it no longer belongs here. */
  openId = $state<string | null>(null);

  private next = $state<string | null>(null);
  private wanted = 0;
  private readonly displaced = new Set<string>();
  private controller: AbortController | null = null;
  private askTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly compare: (a: Ticket, b: Ticket) => number;

  constructor(
    private readonly app: App,
    readonly query: ListQuery,
  ) {
    const nameOf = (id: string) => app.records.users.get(id)?.name ?? '';
    this.compare = orderBy(query.sort, query.group, nameOf);
  }

  get hasMore(): boolean {
    return this.next !== null;
  }

  /** The parameters of GET /tickets that name exactly these tickets. */
  get filter(): ListFilter {
    const { view, q, isUnreadOnly } = this.query;
    const parameters = { view: view?.slug, q, unread: isUnreadOnly ? 'true' : '' };
    return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value)) as ListFilter;
  }

  async load(): Promise<void> {
    this.controller?.abort();
    const controller = (this.controller = new AbortController());
    this.isRefreshing = true;
    try {
      const parameters = this.parameters(FIRST_PAGE);
      const asked = api.tickets(parameters, controller.signal);
      if (this.state === 'loading') void this.showKept(JSON.stringify(parameters), controller.signal);
      const page = await asked;
      this.takeFirst(page);
      this.state = 'ready';
      this.problem = null;
      void this.app.shelf.keepList(JSON.stringify(parameters), page);
    } catch (problem) {
      if (controller.signal.aborted) return;
      this.fail(problem);
    }
    this.isRefreshing = false;
    void this.fill();
  }

  /** What an earlier page saw here, until the server has answered. */
  private async showKept(key: string, signal: AbortSignal): Promise<void> {
    const kept = await this.app.shelf.list(key);
    if (!kept || signal.aborted || this.state === 'ready' || this.ids.length) return;
    this.takeFirst(kept);
    this.state = 'ready';
  }

  /** Sees to it that the row at this place, and some beyond, are here. */
  reach(index: number): void {
    this.wanted = Math.max(this.wanted, index + AHEAD);
    void this.fill();
  }

  stop(): void {
    this.controller?.abort();
    this.wanted = 0;
    clearTimeout(this.askTimer);
  }

  /** Follows the event log. What only the server can decide is asked again after a pause. */
  absorb(events: readonly LiveEvent[]): void {
    const mine = new Set<string>();
    const touched = new Set<string>();
    for (const event of events) {
      const id = event.payload.ticket?.id ?? event.payload.ticket_id;
      if (!id) continue;
      touched.add(id);
      if (event.client_id === clientId) mine.add(id);
    }
    if (touched.size === 0) return;
    const listed = new Set(this.ids);
    const gone = new Set<string>();
    const come: string[] = [];
    for (const id of touched) {
      const verdict = this.belongs(id, listed);
      if (verdict === null) this.askSoon();
      else if (!verdict && listed.has(id) && (id !== this.openId || this.isLost(id))) gone.add(id);
      else if (verdict && !listed.has(id) && this.reaches(id)) come.push(id);
      else if (verdict && listed.has(id)) this.displaced.add(id);
      if (verdict) this.left = without(this.left, id);
    }
    this.arrived = [...new Set([...this.arrived, ...come])].filter((id) => !gone.has(id));
    const mayGo = (id: string) => !this.isHeld || mine.has(id) || this.isLost(id);
    const atOnce = [...gone].filter(mayGo);
    const later = [...gone].filter((id) => !atOnce.includes(id));
    if (atOnce.length) this.ids = this.ids.filter((id) => !atOnce.includes(id));
    if (later.length) this.left = new Set([...this.left, ...later]);
    if (!this.isHeld) this.settle();
  }

  /** Lets arrived rows in and gone ones out, and puts what moved in its place. */
  settle(): void {
    const moving = new Set([...this.arrived, ...this.displaced]);
    if (moving.size === 0 && this.left.size === 0) return;
    const { tickets } = this.app.records;
    const kept = this.ids.filter((id) => !moving.has(id) && (!this.left.has(id) || id === this.openId));
    const ordered = kept.flatMap((id) => tickets.get(id) ?? []);
    for (const id of moving) {
      const ticket = tickets.get(id);
      if (ticket && !this.left.has(id)) ordered.splice(placeFor(ticket, ordered, this.compare), 0, ticket);
    }
    this.ids = ordered.map((ticket) => ticket.id);
    this.arrived = [];
    this.left = new Set();
    this.displaced.clear();
  }

  /** The open ticket was left: if it doesn't belong here any more, it may go now. */
  leave(id: string): void {
    if (this.ids.includes(id) && this.belongs(id, new Set(this.ids)) === false)
      this.ids = this.ids.filter((each) => each !== id);
  }

  private belongs(id: string, listed: ReadonlySet<string>): boolean | null {
    const ticket = this.app.records.tickets.get(id);
    const me = this.app.me;
    if (!ticket || !me) return false;
    if (ticket.merged_into_id) return false;
    if (this.query.isUnreadOnly && !ticket.is_unread) return false;
    const view = this.query.view ? matches(ticket, this.query.view.conditions, { userId: me.id }) : true;
    if (view === false || !this.query.q) return view;
    const asked = this.analysis && matches(ticket, this.analysis.conditions, { userId: me.id });
    if (asked === null || asked === undefined) return listed.has(id) ? true : null;
    return view && asked;
  }

  /** Deleted, out of sight for this person, or part of another ticket: no row can stand for it. */
  private isLost(id: string): boolean {
    const ticket = this.app.records.tickets.get(id);
    return !ticket || ticket.merged_into_id !== null;
  }

  /** A ticket below the last loaded row is found by paging, not by events. */
  private reaches(id: string): boolean {
    const last = this.app.records.tickets.get(this.ids.at(-1) ?? '');
    const ticket = this.app.records.tickets.get(id);
    if (this.next === null || !last || !ticket) return true;
    return this.compare(ticket, last) < 0;
  }

  private askSoon(): void {
    clearTimeout(this.askTimer);
    this.askTimer = setTimeout(() => void this.load(), ASK_AGAIN_MS);
  }

  private parameters(limit: number): Query {
    const { sort, group } = this.query;
    return { ...this.filter, sort: sort === 'queue' ? null : sort, group: group || null, limit };
  }

  private async fill(): Promise<void> {
    if (this.isLoadingMore || this.next === null || this.ids.length >= this.wanted) return;
    this.isLoadingMore = true;
    try {
      while (this.next !== null && this.ids.length < this.wanted) {
        const query = this.query;
        const after: string = this.next;
        const page = await api.tickets({ ...this.parameters(NEXT_PAGES), after }, this.controller?.signal);
        if (this.query !== query || this.next !== after) continue;
        this.take(page);
        const known = new Set(this.ids);
        this.ids = [...this.ids, ...page.results.flatMap(({ id }) => (known.has(id) ? [] : [id]))];
        this.next = page.next;
      }
    } catch (problem) {
      if (!(problem instanceof ApiProblem)) throw problem;
      this.app.noticeSignedOut(problem);
    } finally {
      this.isLoadingMore = false;
    }
  }

  private take(page: Awaited<ReturnType<typeof api.tickets>>): void {
    for (const customer of page.customers) putCustomer(this.app.records, customer);
    for (const ticket of page.results) putTicket(this.app.records, ticket);
    this.total = page.total ?? this.total;
    this.isTotalExact = page.total_is_exact ?? true;
    if (page.query !== undefined) this.analysis = page.query;
  }

  /** The first page anew: what was loaded below it stays, so that nobody is thrown to the top. */
  private takeFirst(page: Awaited<ReturnType<typeof api.tickets>>): void {
    this.take(page);
    const last = page.results.at(-1);
    const fresh = page.results.map((ticket) => ticket.id);
    const isFirst = this.ids.length <= FIRST_PAGE || page.next === null || !last;
    const below = isFirst
      ? []
      : this.ids.filter((id) => {
          const ticket = this.app.records.tickets.get(id);
          return ticket && !fresh.includes(id) && this.compare(last, ticket) < 0;
        });
    this.ids = [...fresh, ...below];
    if (below.length === 0) this.next = page.next;
    this.arrived = [];
    this.left = new Set();
    this.displaced.clear();
  }

  private fail(problem: unknown): void {
    if (!(problem instanceof ApiProblem)) throw problem;
    if (this.app.noticeSignedOut(problem)) return;
    this.problem = problem;
    if (this.ids.length === 0) this.state = 'failed';
  }
}

function without(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  if (!set.has(id)) return set;
  return new Set([...set].filter((each) => each !== id));
}
