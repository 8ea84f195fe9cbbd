import { api, ApiProblem, type FieldProblem, type Message, type OutgoingMessage } from '@aftercare/api';
import { putMessage, type LiveEvent } from '@aftercare/live';
import { SvelteMap } from 'svelte/reactivity';
import type { App } from './app.svelte';
import type { LocalDraft } from './drafts.svelte';
import { forget, readStored, store, storedKeys } from './storage';

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
}

const STALE_AFTER_MS = 15 * 60_000;

/**
 * Messages on their way to the server. Each carries the id the agent's browser gave it, so that
 * posting it again (after a lost answer, a reload, a night offline) can never double it.
 */
export class Outbox {
  readonly pending = new SvelteMap<string, Pending>();

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
    void this.post(message.id);
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
    this.remove(id);
    this.app.drafts.change(entry.draft);
  }

  discard(id: string): void {
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
    const id = event.payload.message?.id;
    if (id && this.pending.has(id)) this.remove(id);
  }

  private async post(id: string): Promise<void> {
    const entry = this.pending.get(id);
    if (!entry) return;
    try {
      const message = await api.postMessage(entry.ticketId, entry.message);
      putMessage(this.app.records, message);
      this.remove(id);
      if (message.delivery_state === 'held') this.app.undo.remember(() => this.withdraw(message.id));
    } catch (problem) {
      this.refused(id, problem);
    }
  }

  /** Undo send. The server answers with the draft it was. */
  async withdraw(id: string): Promise<void> {
    try {
      const { message, draft } = await api.withdraw(id);
      putMessage(this.app.records, message);
      if (draft) this.app.drafts.takeFromServer({ ...draft, rev: Math.max(1, draft.rev) });
    } catch (problem) {
      if (!(problem instanceof ApiProblem)) throw problem;
      this.app.toasts.show(problem.message, { kind: 'problem' });
    }
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
