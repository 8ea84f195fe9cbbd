import {
  api,
  ApiProblem,
  type Address,
  type ComposerMode,
  type Draft,
  type MissingValue,
  type UploadedFile,
} from '@aftercare/api';
import { SvelteMap } from 'svelte/reactivity';
import { forget, readStored, store, storedKeys } from './storage';

/** A stretch of the text that a macro filled in, or left to be filled. */
export interface Span {
  start: number;
  end: number;
  path: string;
  isMissing: boolean;
}
export interface LocalDraft {
  ticket_id: string;
  mode: ComposerMode;
  text: string;
  to: Address[] | null;
  cc: Address[];
  bcc: Address[];
  subject: string | null;
  files: UploadedFile[];
  macro_id: string | null;
  order_id: string | null;
  spans: Span[];
  missing: MissingValue[];
  rev: number;
  changed_at: number;
}
export type DraftState = 'none' | 'typing' | 'saved_here' | 'saved' | 'problem';

const SERVER_PAUSE_MS = 2_000;

const keyOf = (ticketId: string, mode: ComposerMode) => `draft.${ticketId}.${mode}`;

export function emptyDraft(ticketId: string, mode: ComposerMode): LocalDraft {
  return {
    ticket_id: ticketId,
    mode,
    text: '',
    to: null,
    cc: [],
    bcc: [],
    subject: null,
    files: [],
    macro_id: null,
    order_id: null,
    spans: [],
    missing: [],
    rev: 0,
    changed_at: 0,
  };
}

export function isEmptyDraft(draft: LocalDraft): boolean {
  return draft.text.trim() === '' && draft.files.length === 0;
}

/** Unsent words: kept in the browser with every key and on the server after a short pause. */
export class Drafts {
  private readonly drafts = new SvelteMap<string, LocalDraft>();
  private readonly states = new SvelteMap<string, DraftState>();
  /** The other one of two drafts that met: offered back. */
  private readonly earlier = new SvelteMap<string, string>();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor() {
    for (const key of storedKeys('draft.')) {
      const draft = readStored<LocalDraft | null>(key, null);
      if (draft) this.drafts.set(key, { ...emptyDraft(draft.ticket_id, draft.mode), ...draft });
    }
  }

  get(ticketId: string, mode: ComposerMode): LocalDraft {
    return this.drafts.get(keyOf(ticketId, mode)) ?? emptyDraft(ticketId, mode);
  }

  stateOf(ticketId: string, mode: ComposerMode): DraftState {
    return this.states.get(keyOf(ticketId, mode)) ?? 'none';
  }

  earlierText(ticketId: string, mode: ComposerMode): string | null {
    return this.earlier.get(keyOf(ticketId, mode)) ?? null;
  }

  forgetEarlier(ticketId: string, mode: ComposerMode): void {
    this.earlier.delete(keyOf(ticketId, mode));
  }

  has(ticketId: string): boolean {
    return this.drafts.has(keyOf(ticketId, 'reply')) || this.drafts.has(keyOf(ticketId, 'note'));
  }

  /** Writes to the browser at once; the server follows. */
  change(draft: LocalDraft): void {
    const key = keyOf(draft.ticket_id, draft.mode);
    const changed = { ...draft, changed_at: Date.now() };
    if (isEmptyDraft(changed)) return this.clear(draft.ticket_id, draft.mode);
    this.drafts.set(key, changed);
    this.states.set(key, store(key, changed) ? 'saved_here' : 'typing');
    this.saveSoon(key);
  }

  /** Removes a draft here and on the server. */
  clear(ticketId: string, mode: ComposerMode): void {
    const known = this.drop(ticketId, mode);
    if (known && known.rev > 0) void api.deleteDraft(ticketId, mode).catch(() => undefined);
  }

  /** Removes a draft here only: the server takes its copy away when the message is posted. */
  drop(ticketId: string, mode: ComposerMode): LocalDraft | undefined {
    const key = keyOf(ticketId, mode);
    clearTimeout(this.timers.get(key));
    const known = this.drafts.get(key);
    this.drafts.delete(key);
    this.states.delete(key);
    forget(key);
    return known;
  }

  /** A draft came with the ticket. The newer one is shown, the other one offered. */
  takeFromServer(server: Draft): void {
    const key = keyOf(server.ticket_id, server.mode);
    const local = this.drafts.get(key);
    const isNewer = !local || server.rev > local.rev;
    if (!isNewer) return;
    const hasOther = local && local.text.trim() && local.text !== server.text;
    if (hasOther && local.changed_at > Date.parse(server.updated_at)) {
      this.earlier.set(key, server.text);
      this.drafts.set(key, { ...local, rev: server.rev });
      return this.saveSoon(key);
    }
    if (hasOther) this.earlier.set(key, local.text);
    this.drafts.set(key, {
      ...emptyDraft(server.ticket_id, server.mode),
      text: server.text,
      to: server.to.length ? server.to : null,
      cc: server.cc,
      bcc: server.bcc,
      subject: server.subject,
      macro_id: server.macro_id,
      files: local?.files ?? [],
      rev: server.rev,
      changed_at: Date.parse(server.updated_at),
    });
    this.states.set(key, 'saved');
  }

  /** Before signing out: what only this browser has goes to the server. */
  async saveAll(): Promise<void> {
    const unsaved = [...this.drafts.keys()].filter((key) => this.states.get(key) !== 'saved');
    await Promise.all(unsaved.map((key) => this.save(key)));
  }

  private saveSoon(key: string): void {
    clearTimeout(this.timers.get(key));
    this.timers.set(
      key,
      setTimeout(() => void this.save(key), SERVER_PAUSE_MS),
    );
  }

  private async save(key: string): Promise<void> {
    const draft = this.drafts.get(key);
    if (!draft) return;
    try {
      const saved = await api.saveDraft(asServerDraft(draft));
      const now = this.drafts.get(key);
      if (!now) return;
      this.drafts.set(key, { ...now, rev: saved.rev });
      store(key, this.drafts.get(key));
      if (now.changed_at === draft.changed_at) this.states.set(key, 'saved');
    } catch (problem) {
      if (problem instanceof ApiProblem && problem.code === 'draft_conflict' && problem.document.draft) {
        this.takeFromServer(problem.document.draft);
      } else this.states.set(key, 'saved_here');
    }
  }
}

function asServerDraft(draft: LocalDraft): Draft {
  return {
    ticket_id: draft.ticket_id,
    mode: draft.mode,
    text: draft.text,
    html: null,
    to: draft.to ?? [],
    cc: draft.cc,
    bcc: draft.bcc,
    subject: draft.subject,
    attachment_ids: draft.files.map((file) => file.id),
    macro_id: draft.macro_id,
    rev: draft.rev,
    updated_at: new Date(draft.changed_at).toISOString(),
  };
}
