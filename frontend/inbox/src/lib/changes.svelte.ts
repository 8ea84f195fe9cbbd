import { api, ApiProblem, type Ticket, type TicketPatch } from '@aftercare/api';
import { forgetTicket, putTicket } from '@aftercare/live';
import { t } from '@aftercare/ui';
import { SvelteMap } from 'svelte/reactivity';
import type { App } from './app.svelte';
import { foresee } from './foreseen';
import { forget, readStored, store, storedKeys } from './storage';
import { seesTeam } from './together';

/** A change of a ticket on its way to the server. */
interface Change {
  id: string;
  ticketId: string;
  patch: TicketPatch;
  /** The ticket it was made on, when it was there. */
  before: Ticket | null;
  madeAt: number;
  /** It could not leave at once: others may have changed the ticket meanwhile. */
  hasWaited: boolean;
}
type Outcome = 'made' | 'refused' | 'waiting';

const TRY_AGAIN_MS = [2_000, 5_000, 15_000, 30_000] as const;
const WATCHED = ['status', 'priority', 'assignee_id', 'team_id', 'subject', 'snoozed_until'] as const;

/**
 * Changes of tickets, first in first out for each ticket, side by side for different ones. Those that
 * can't leave wait, also through a reload, and look before they leap: what a colleague changed
 * meanwhile is not overwritten but told.
 */
export class Changes {
  private readonly queues = new SvelteMap<string, Change[]>();
  private readonly running = new Set<string>();
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private tries = 0;

  constructor(private readonly app: App) {}

  /** Picks up what an earlier page could not send. */
  start(): void {
    const found = storedKeys('change.').flatMap((key) => readStored<Change | null>(key, null) ?? []);
    for (const change of found.sort((a, b) => a.madeAt - b.madeAt)) {
      const queue = this.queues.get(change.ticketId) ?? [];
      if (queue.some((each) => each.id === change.id)) continue;
      this.queues.set(change.ticketId, [...queue, { ...change, hasWaited: true }]);
      this.show(change.ticketId);
    }
    if (this.app.connectionState === 'live') this.flush();
  }

  get count(): number {
    return [...this.queues.values()].reduce((sum, queue) => sum + queue.length, 0);
  }

  /** On screen at once; false when the server refused it. True also while it waits for the line. */
  async make(ticketId: string, patch: TicketPatch): Promise<boolean> {
    const change: Change = {
      id: crypto.randomUUID(),
      ticketId,
      patch,
      before: this.app.records.tickets.get(ticketId) ?? null,
      madeAt: Date.now(),
      hasWaited: false,
    };
    this.queues.set(ticketId, [...(this.queues.get(ticketId) ?? []), change]);
    this.show(ticketId);
    return (await this.run(ticketId, change)) !== 'refused';
  }

  /** The line is back: everything that waits goes. */
  flush(): void {
    clearTimeout(this.retryTimer);
    for (const ticketId of [...this.queues.keys()]) void this.run(ticketId);
  }

  /** Sends the queue of one ticket in order; answers what became of `wanted`. */
  private async run(ticketId: string, wanted?: Change): Promise<Outcome> {
    let outcome: Outcome = 'waiting';
    if (this.running.has(ticketId)) {
      if (wanted) this.keep(wanted);
      return outcome;
    }
    this.running.add(ticketId);
    try {
      for (let change = this.first(ticketId); change; change = this.first(ticketId)) {
        const became = await this.send(change);
        if (change === wanted) outcome = became;
        if (became === 'waiting') {
          this.wait(ticketId);
          break;
        }
        this.drop(change);
      }
    } finally {
      this.running.delete(ticketId);
    }
    return outcome;
  }

  private first(ticketId: string): Change | undefined {
    return this.queues.get(ticketId)?.[0];
  }

  private async send(change: Change): Promise<Outcome> {
    // Another tab that picked it up as well may have sent it.
    if (change.hasWaited && readStored(`change.${change.id}`, null) === null) return 'made';
    const seen = change.hasWaited ? change.before?.version : undefined;
    try {
      this.take(await api.changeTicket(change.ticketId, change.patch, seen));
      this.tries = 0;
      return 'made';
    } catch (problem) {
      if (!(problem instanceof ApiProblem)) throw problem;
      return this.refused(change, problem);
    }
  }

  private take(ticket: Ticket): void {
    if (seesTeam(this.app, ticket.team_id)) putTicket(this.app.records, ticket);
    else forgetTicket(this.app.records, ticket.id);
  }

  private async refused(change: Change, problem: ApiProblem): Promise<Outcome> {
    if (this.app.noticeSignedOut(problem) || problem.isTemporary) return 'waiting';
    const now = problem.code === 'version_conflict' ? problem.document.ticket : undefined;
    if (!now) {
      this.app.toasts.show(problem.message, { kind: 'problem' });
      return 'refused';
    }
    this.take(now);
    const field = collision(change, now);
    if (!field) {
      change.before = now;
      return this.send(change);
    }
    this.tell(change, field);
    return 'refused';
  }

  /** “Status changed by Jonas meanwhile”, and how to have it one's own way all the same. */
  private tell(change: Change, field: (typeof WATCHED)[number]): void {
    const lines = this.app.records.timeline.get(change.ticketId) ?? [];
    const line = lines.findLast((each) => field in ((each.data.change as object | undefined) ?? {}));
    const text = t('change.conflict', {
      field: t(`change.field.${field}`),
      name: line?.actor.name || t('change.somebody'),
    });
    const toast = this.app.toasts.show(text, {
      kind: 'problem',
      actionLabel: t('change.mine'),
      action: () => {
        this.app.toasts.dismiss(toast);
        void this.make(change.ticketId, change.patch);
      },
    });
  }

  private wait(ticketId: string): void {
    for (const change of this.queues.get(ticketId) ?? []) this.keep(change);
    const pause = TRY_AGAIN_MS[Math.min(this.tries, TRY_AGAIN_MS.length - 1)];
    this.tries += 1;
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => {
      if (this.app.connectionState === 'live') this.flush();
    }, pause);
  }

  private keep(change: Change): void {
    change.hasWaited = true;
    store(`change.${change.id}`, change);
  }

  private drop(change: Change): void {
    forget(`change.${change.id}`);
    const left = (this.queues.get(change.ticketId) ?? []).filter((each) => each !== change);
    if (left.length) this.queues.set(change.ticketId, left);
    else this.queues.delete(change.ticketId);
    this.show(change.ticketId);
  }

  private show(ticketId: string): void {
    const patches = (this.queues.get(ticketId) ?? []).map((change) => change.patch);
    this.app.records.tickets.expect(ticketId, patches);
  }
}

/** The field that somebody else has set to something else since the change was made. */
function collision({ before, patch }: Change, now: Ticket): (typeof WATCHED)[number] | null {
  if (!before) return null;
  const wanted = foresee(before, patch);
  const isHit = (field: (typeof WATCHED)[number]) =>
    field in patch && now[field] !== before[field] && now[field] !== wanted[field];
  return WATCHED.find(isHit) ?? null;
}
