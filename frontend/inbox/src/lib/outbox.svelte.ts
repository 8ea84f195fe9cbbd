import { api, ApiProblem, type FieldProblem, type Message, type OutgoingMessage } from '@aftercare/api';
import { putMessage, type LiveEvent } from '@aftercare/live';
import { t } from '@aftercare/ui';
import { SvelteMap } from 'svelte/reactivity';
import type { App } from './app.svelte';
import type { LocalDraft } from './drafts.svelte';
import { forget, readStored, store, storedKeys } from './storage';
import type { Step } from './undo.svelte';

export interface Pending {
  ticketId: string;
  message: OutgoingMessage;
  draft: LocalDraft;
  queuedAt: number;
  /** `waiting` goes by itself when the line is back; `stale` asks first; the rest needs the agent. */
  state: 'sending' | 'waiting' | 'stale' | 'blocked' | 'refused';
  newer: Message[];
  errors: FieldProblem[];
  reason: string;
  /** The server knows this id with other words: what is sent next needs a new one. */
  isSpent?: boolean;
}

const STALE_AFTER_MS = 15 * 60_000;

/**
 * Messages on their way to the server. Each carries the id the agent's browser gave it, so that
 * posting it again (after a lost answer, a reload, a night offline) can never double it.
 */
export class Outbox {
  readonly pending = new SvelteMap<string, Pending>();
  private readonly takenBack = new Set<string>();
  private readonly posting = new Map<string, Promise<void>>();
  private readonly steps = new Map<string, Step>();

  constructor(private readonly app: App) {}

  /** Picks up what an earlier page left behind. */
  start(): void {
    for (const key of storedKeys('outbox.')) {
      const entry = readStored<Pending | null>(key, null);
      if (entry && !this.pending.has(entry.message.id))
        this.pending.set(entry.message.id, { ...entry, state: 'waiting' });
    }
    this.flush();
  }

  of(ticketId: string): Pending[] {
    return [...this.pending.values()].filter((entry) => entry.ticketId === ticketId);
  }

  /** Takes a message over from the composer and posts it. */
  send(draft: LocalDraft, message: OutgoingMessage): void {
    this.put({
      ticketId: draft.ticket_id,
      message,
      draft,
      queuedAt: Date.now(),
      state: 'sending',
      newer: [],
      errors: [],
      reason: '',
    });
    this.app.drafts.drop(draft.ticket_id, draft.mode);
    // From now on, not from the server's answer on: Z may be pressed before that comes.
    if (message.kind === 'reply' && !message.send_at) this.rememberUndo(message.id);
    void this.post(message.id);
  }

  private rememberUndo(id: string): void {
    if (!this.steps.has(id))
      this.steps.set(
        id,
        this.app.undo.remember(() => this.undo(id)),
      );
  }

  private forgetUndo(id: string): void {
    const step = this.steps.get(id);
    if (step) this.app.undo.forget(step);
    this.steps.delete(id);
  }

  /** Whatever became of it meanwhile: stored and held, or still here. */
  private async undo(id: string): Promise<void> {
    this.steps.delete(id);
    if (this.pending.has(id)) await this.posting.get(id);
    if (this.pending.has(id)) this.takeBack(id);
    else await this.withdraw(id);
  }

  sendAnyway(id: string): void {
    const entry = this.pending.get(id);
    if (!entry) return;
    const message = { ...entry.message, send_anyway: true };
    this.put({ ...entry, message, state: 'sending', queuedAt: Date.now() });
    void this.post(id);
  }

  /** Back into the composer. */
  takeBack(id: string): void {
    const entry = this.pending.get(id);
    if (!entry) return;
    this.forgetUndo(id);
    this.remove(id);
    const now = this.app.drafts.get(entry.ticketId, entry.draft.mode);
    this.app.drafts.setAside(entry.ticketId, entry.draft.mode, now);
    const changes = entry.isSpent ? { id: crypto.randomUUID(), rev: 0 } : {};
    this.app.drafts.change({ ...entry.draft, ...changes }, true);
  }

  discard(id: string): void {
    this.forgetUndo(id);
    this.remove(id);
  }

  /** The line is back: whatever waits goes, oldest first; what is old asks first. */
  flush(): void {
    const now = Date.now();
    for (const entry of [...this.pending.values()]) {
      if (entry.state !== 'waiting') continue;
      if (now - entry.queuedAt > STALE_AFTER_MS) this.put({ ...entry, state: 'stale' });
      else {
        this.put({ ...entry, state: 'sending' });
        void this.post(entry.message.id);
      }
    }
  }

  /** The message came back on the socket: it is stored, whatever became of the answer. */
  seen(event: LiveEvent): void {
    const message = event.payload.message;
    if (!message) return;
    if (this.pending.has(message.id)) this.remove(message.id);
    if (message.author.id !== this.app.me?.id) return;
    if (event.type === 'message.queued' || event.type === 'message.noted') this.app.drafts.sent(message);
    if (event.type === 'message.withdrawn' && !this.takenBack.has(message.id)) void this.tellStopped(message);
  }

  /** A message of mine became a draft again without my doing: elsewhere, or the customer wrote first. */
  private async tellStopped(message: Message): Promise<void> {
    try {
      this.app.drafts.takeFromServer(await api.draft(message.ticket_id, 'reply'));
    } catch (problem) {
      if (!(problem instanceof ApiProblem)) throw problem;
      return;
    }
    if (message.delivery_reason) this.app.toasts.show(t('later.stopped', { name: this.customerOf(message) }));
  }

  private customerOf(message: Message): string {
    const ticket = this.app.records.tickets.get(message.ticket_id);
    const customer = ticket && this.app.records.customers.get(ticket.customer_id);
    return customer?.name || t('customer.unknown');
  }

  private post(id: string): Promise<void> {
    const asked = this.ask(id).finally(() => this.posting.delete(id));
    this.posting.set(id, asked);
    return asked;
  }

  private async ask(id: string): Promise<void> {
    const entry = this.pending.get(id);
    if (!entry) return;
    try {
      const message = await api.postMessage(entry.ticketId, entry.message);
      putMessage(this.app.records, message);
      this.remove(id);
      if (message.delivery_state === 'held' && !message.is_scheduled) this.rememberUndo(id);
      else this.forgetUndo(id);
    } catch (problem) {
      this.refused(id, problem);
    }
  }

  /** Undo send. The server answers with the draft it was. */
  async withdraw(id: string): Promise<void> {
    this.forgetUndo(id);
    this.takenBack.add(id);
    try {
      const { message, draft } = await api.withdraw(id);
      putMessage(this.app.records, message);
      if (draft) this.app.drafts.takeFromServer({ ...draft, rev: Math.max(1, draft.rev) });
    } catch (problem) {
      if (!(problem instanceof ApiProblem)) throw problem;
      this.app.toasts.show(problem.message, { kind: 'problem' });
    }
  }

  /** A scheduled message shall not be sent; its words can be had back for a minute. */
  async cancel(message: Message): Promise<void> {
    await this.withdraw(message.id);
    const kept = this.app.drafts.get(message.ticket_id, 'reply');
    if (this.app.records.messages.get(message.id)?.delivery_state !== 'withdrawn') return;
    this.app.drafts.clear(message.ticket_id, 'reply', true);
    this.app.undo.offer(t('later.cancelled'), () => this.app.drafts.change({ ...kept, rev: 0 }, true));
  }

  private refused(id: string, problem: unknown): void {
    const entry = this.pending.get(id);
    if (!entry) return;
    if (!(problem instanceof ApiProblem)) throw problem;
    const isSignedOut = this.app.noticeSignedOut(problem);
    if (isSignedOut || problem.isTemporary) this.put({ ...entry, state: 'waiting', reason: problem.message });
    else if (problem.code === 'newer_messages') {
      this.put({ ...entry, state: 'blocked', newer: problem.document.messages ?? [] });
    } else
      this.put({
        ...entry,
        state: 'refused',
        isSpent: problem.code === 'already_sent' || problem.code === 'withdrawn',
        errors: problem.document.errors ?? [],
        reason: problem.message,
      });
  }

  /** Each message under a key of its own: two tabs don't overwrite each other's. */
  private put(entry: Pending): void {
    this.pending.set(entry.message.id, entry);
    store(`outbox.${entry.message.id}`, entry);
  }

  private remove(id: string): void {
    this.pending.delete(id);
    forget(`outbox.${id}`);
  }
}
