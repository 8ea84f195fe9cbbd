import { api, ApiProblem, type Message, type TimelineEvent } from '@aftercare/api';
import { forgetTicket, putMessages } from '@aftercare/live';
import type { App } from '$lib/app.svelte';
import { putConversation, putKept } from '$lib/cache/conversation';

/** An order action is one card: its newest word, where that was said. */
function newestOfEachAction(lines: readonly TimelineEvent[]): TimelineEvent[] {
  const newest = new Map<unknown, number>();
  const idOf = (line: TimelineEvent) => (line.data['order_action'] as { id: string } | undefined)?.id;
  for (const line of lines) if (idOf(line)) newest.set(idOf(line), line.seq);
  return lines.filter((line) => !idOf(line) || newest.get(idOf(line)) === line.seq);
}

export type RoomItem =
  | { kind: 'message'; key: string; at: string; message: Message }
  | { kind: 'event'; key: string; at: string; event: TimelineEvent };

/** One open ticket: its messages page by page, its system lines, its drafts. */
export class TicketRoom {
  state = $state<'loading' | 'ready' | 'failed' | 'not_found' | 'lost'>('loading');
  problem = $state.raw<ApiProblem | null>(null);
  hasOlder = $state(false);
  isLoadingOlder = $state(false);
  /** Deleted for good while it was open. */
  isRemoved = $state(false);

  constructor(
    private readonly app: App,
    readonly id: string,
  ) {
    if (app.records.messageIds.get(id)?.length && app.records.timeline.has(id)) {
      this.state = 'ready';
      this.hasOlder = (this.messages[0]?.position ?? 1) > 1;
    }
  }

  get ticket() {
    return this.app.records.tickets.get(this.id);
  }

  get customer() {
    return this.ticket ? this.app.records.customers.get(this.ticket.customer_id) : undefined;
  }

  get messages(): Message[] {
    const ids = this.app.records.messageIds.get(this.id) ?? [];
    return ids.flatMap((id) => this.app.records.messages.get(id) ?? []);
  }

  /** Messages and system lines in one order of time; lines older than the loaded messages wait. */
  get items(): RoomItem[] {
    const messages = this.messages.filter((message) => message.delivery_state !== 'withdrawn');
    const first = messages[0]?.created_at ?? '';
    const all = newestOfEachAction(this.app.records.timeline.get(this.id) ?? []);
    const lines = all.filter((line) => !this.hasOlder || line.at >= first);
    const items: RoomItem[] = [
      ...messages.map((message) => ({
        kind: 'message' as const,
        key: message.id,
        at: message.created_at,
        message,
      })),
      ...lines.map((event) => ({ kind: 'event' as const, key: `e${event.seq}`, at: event.at, event })),
    ];
    return items.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  }

  get lastPosition(): number {
    return this.messages.at(-1)?.position ?? this.ticket?.last_position ?? 0;
  }

  /** Shows what an earlier page left, if there is something, and asks the server all the same. */
  async load(): Promise<void> {
    const asked = api.ticket(this.id);
    if (this.state === 'loading') void this.showKept();
    try {
      const { data } = await asked;
      putConversation(this.app.records, data);
      this.app.prefetch.loaded(this.id);
      void this.app.shelf.keepThread(this.app.records, this.id);
      for (const draft of data.drafts) this.app.drafts.takeFromServer(draft);
      this.hasOlder = (this.messages[0]?.position ?? 1) > 1;
      this.state = 'ready';
      this.problem = null;
      this.app.seen.add(this.id);
    } catch (problem) {
      this.fail(problem);
    }
  }

  private async showKept(): Promise<void> {
    const kept = await this.app.shelf.thread(this.id);
    if (!kept || this.state === 'ready' || this.state === 'not_found') return;
    putKept(this.app.records, kept);
    this.hasOlder = (this.messages[0]?.position ?? 1) > 1;
    this.state = 'ready';
  }

  removed(): void {
    this.isRemoved = true;
    this.state = 'not_found';
  }

  /** Brings in what was written before; `arrived` is called in the same moment, so that one drawing shows both. */
  async loadOlder(arrived: () => void = () => undefined): Promise<void> {
    const first = this.messages[0];
    if (!first || !this.hasOlder || this.isLoadingOlder) return;
    this.isLoadingOlder = true;
    try {
      const page = await api.messagesBefore(this.id, first.position);
      putMessages(this.app.records, this.id, page.results);
      arrived();
      this.hasOlder = page.next !== null && page.results.length > 0;
    } catch (problem) {
      if (!(problem instanceof ApiProblem)) throw problem;
      this.app.toasts.show(problem.message, { kind: 'problem' });
    } finally {
      this.isLoadingOlder = false;
    }
  }

  /** It went where I may not look. */
  lose(): void {
    forgetTicket(this.app.records, this.id);
    this.state = 'lost';
  }

  private fail(problem: unknown): void {
    if (!(problem instanceof ApiProblem)) throw problem;
    if (this.app.noticeSignedOut(problem)) return;
    this.problem = problem;
    if (problem.status === 404 || problem.status === 403) {
      if (this.app.seen.has(this.id)) this.lose();
      else this.state = 'not_found';
    } else if (this.state !== 'ready') this.state = 'failed';
  }
}
