import {
  api,
  ApiProblem,
  type Address,
  type ComposerMode,
  type Draft,
  type DraftSpan,
  type Message,
  type MissingValue,
  type UploadedFile,
} from '@aftercare/api';
import { SvelteMap } from 'svelte/reactivity';
import { forget, readStored, store, storedKeys } from './storage';

export type Span = DraftSpan;

/** Words that were set aside for others: offered back, never thrown away. */
export interface EarlierDraft {
  text: string;
  html: string | null;
}
export interface LocalDraft {
  /** The id its message will have: the same draft sent from two tabs is one message. */
  id: string;
  ticket_id: string;
  mode: ComposerMode;
  text: string;
  /** Null while it is plain text. */
  html: string | null;
  to: Address[] | null;
  cc: Address[];
  bcc: Address[];
  subject: string | null;
  channel_id: string | null;
  files: UploadedFile[];
  /** Short answers that a shopper in the chat may tap; kept in this browser only. */
  choices: string[];
  macro_id: string | null;
  order_id: string | null;
  order_basis: string | null;
  /** The macro's action on the order once it was confirmed, or `without`. */
  order_action: string | null;
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
    id: crypto.randomUUID(),
    ticket_id: ticketId,
    mode,
    text: '',
    html: null,
    to: null,
    cc: [],
    bcc: [],
    subject: null,
    channel_id: null,
    files: [],
    choices: [],
    macro_id: null,
    order_id: null,
    order_basis: null,
    order_action: null,
    spans: [],
    missing: [],
    rev: 0,
    changed_at: 0,
  };
}

export function isEmptyDraft(draft: LocalDraft): boolean {
  return hasNoWords(draft) && draft.choices.length === 0;
}

/** The server keeps words and files; a draft that has neither stays here. */
function hasNoWords(draft: LocalDraft): boolean {
  return draft.text.trim() === '' && draft.files.length === 0;
}

/** Unsent words: kept in the browser with every pause and on the server soon after. */
export class Drafts {
  private readonly drafts = new SvelteMap<string, LocalDraft>();
  private readonly states = new SvelteMap<string, DraftState>();
  /** The other one of two drafts that met: offered back. */
  private readonly earlier = new SvelteMap<string, EarlierDraft>();
  /** Raised whenever a draft was changed by anybody but the field that shows it. */
  private readonly arrivals = new SvelteMap<string, number>();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  /** Saves of one draft go one after another, and its deletion after them. */
  private readonly lines = new Map<string, Promise<void>>();
  /** Drafts that a field has newer words of than are kept here. */
  private readonly beingTyped = new Set<string>();
  private readonly blank = new Map<string, LocalDraft>();

  constructor() {
    for (const key of storedKeys('draft.')) {
      const draft = readStored<LocalDraft | null>(key, null);
      if (draft) this.drafts.set(key, { ...emptyDraft(draft.ticket_id, draft.mode), ...draft });
    }
    addEventListener('storage', (event) => this.otherTabWrote(event));
  }

  /** The draft, or an empty one that keeps its id until it is begun. */
  get(ticketId: string, mode: ComposerMode): LocalDraft {
    const key = keyOf(ticketId, mode);
    const known = this.drafts.get(key);
    if (known) return known;
    const blank = this.blank.get(key) ?? emptyDraft(ticketId, mode);
    this.blank.set(key, blank);
    return blank;
  }

  stateOf(ticketId: string, mode: ComposerMode): DraftState {
    return this.states.get(keyOf(ticketId, mode)) ?? 'none';
  }

  /** Moves when the draft was replaced from elsewhere: the field shall show it anew. */
  arrivalOf(ticketId: string, mode: ComposerMode): number {
    return this.arrivals.get(keyOf(ticketId, mode)) ?? 0;
  }

  earlierOf(ticketId: string, mode: ComposerMode): EarlierDraft | null {
    return this.earlier.get(keyOf(ticketId, mode)) ?? null;
  }

  forgetEarlier(ticketId: string, mode: ComposerMode): void {
    this.earlier.delete(keyOf(ticketId, mode));
  }

  has(ticketId: string): boolean {
    return this.drafts.has(keyOf(ticketId, 'reply')) || this.drafts.has(keyOf(ticketId, 'note'));
  }

  /** A field has words that it will hand over in a moment. */
  typing(ticketId: string, mode: ComposerMode): void {
    const key = keyOf(ticketId, mode);
    if (this.beingTyped.has(key)) return;
    this.beingTyped.add(key);
    this.states.set(key, 'typing');
  }

  /** Writes to the browser at once; the server follows. `isArrival`: the field does not show it yet. */
  change(draft: LocalDraft, isArrival = false): void {
    const key = keyOf(draft.ticket_id, draft.mode);
    this.beingTyped.delete(key);
    const changed = { ...draft, changed_at: Date.now() };
    if (isEmptyDraft(changed)) {
      return this.clear(draft.ticket_id, draft.mode, isArrival);
    }
    this.keep(key, changed);
    if (isArrival) this.arrived(key);
    this.saveSoon(key);
  }

  /** Words that were written elsewhere go to the end of the draft, whatever it has for formatting. */
  append(ticketId: string, mode: ComposerMode, words: string): void {
    if (!words) return;
    const draft = this.get(ticketId, mode);
    const html = draft.html === null ? null : withTail(draft.html, words);
    this.change({ ...draft, text: draft.text + words, html }, true);
  }

  /** Removes a draft here and on the server. `isArrival`: the field does not know it yet. */
  clear(ticketId: string, mode: ComposerMode, isArrival = false): void {
    const key = keyOf(ticketId, mode);
    const known = this.drop(ticketId, mode);
    if (isArrival) this.arrived(key);
    if (known && (known.rev > 0 || this.lines.has(key))) {
      this.inLine(key, async () => {
        await api.deleteDraft(ticketId, mode).catch(() => undefined);
      });
    }
  }

  /** Removes a draft here only: the server takes its copy away when the message is posted. */
  drop(ticketId: string, mode: ComposerMode): LocalDraft | undefined {
    const key = keyOf(ticketId, mode);
    clearTimeout(this.timers.get(key));
    const known = this.drafts.get(key);
    this.drafts.delete(key);
    this.blank.delete(key);
    this.states.delete(key);
    this.beingTyped.delete(key);
    forget(key);
    return known;
  }

  /** Keeps words beside the draft, to be offered back. */
  setAside(ticketId: string, mode: ComposerMode, words: EarlierDraft): void {
    if (words.text.trim()) this.earlier.set(keyOf(ticketId, mode), words);
  }

  /** A draft came from the server. The newer one is shown, the other one offered. */
  takeFromServer(server: Draft): void {
    const key = keyOf(server.ticket_id, server.mode);
    const local = this.drafts.get(key);
    const isNewer = !local || server.rev > local.rev;
    if (!isNewer) return;
    const hasOther = local && local.text.trim() && local.text.trim() !== server.text.trim();
    if (hasOther && local.changed_at > Date.parse(server.updated_at)) {
      this.earlier.set(key, { text: server.text, html: server.html });
      this.drafts.set(key, { ...local, rev: server.rev });
      return this.saveSoon(key);
    }
    if (hasOther) this.earlier.set(key, { text: local.text, html: local.html });
    else if (server.earlier?.text) this.earlier.set(key, server.earlier);
    const isSame = local !== undefined && !hasOther;
    this.keep(key, {
      ...emptyDraft(server.ticket_id, server.mode),
      ...fromServer(server),
      files: server.files ?? local?.files ?? [],
      choices: local?.choices ?? [],
    });
    this.states.set(key, 'saved');
    if (!isSame) this.arrived(key);
  }

  /** A message of mine is stored: the draft it was cannot come back, newer words stay. */
  sent(message: Message): void {
    const mode = message.kind === 'note' ? 'note' : 'reply';
    const key = keyOf(message.ticket_id, mode);
    const local = this.drafts.get(key);
    if (local?.id !== message.id) return;
    if (this.beingTyped.has(key) || !saysTheSame(local, message)) {
      this.keep(key, { ...local, id: crypto.randomUUID(), rev: 0 });
      return this.saveSoon(key);
    }
    this.drop(message.ticket_id, mode);
    this.arrived(key);
  }

  /** Before signing out: what only this browser has goes to the server. */
  async saveAll(): Promise<void> {
    const unsaved = [...this.drafts.keys()].filter((key) => this.states.get(key) !== 'saved');
    await Promise.all(unsaved.map((key) => this.inLine(key, () => this.save(key))));
  }

  private keep(key: string, draft: LocalDraft): void {
    this.drafts.set(key, draft);
    this.blank.delete(key);
    this.states.set(key, store(key, draft) ? 'saved_here' : 'typing');
  }

  private arrived(key: string): void {
    this.arrivals.set(key, (this.arrivals.get(key) ?? 0) + 1);
  }

  /** Another tab of this browser wrote or sent the same draft. */
  private otherTabWrote(event: StorageEvent): void {
    const key = event.key?.replace(/^aftercare\./, '') ?? '';
    if (!key.startsWith('draft.')) return;
    const mine = this.drafts.get(key);
    const other = readStored<LocalDraft | null>(key, null);
    if (this.beingTyped.has(key)) {
      if (other) this.earlier.set(key, { text: other.text, html: other.html });
    } else if (other) {
      this.drafts.set(key, other);
      this.states.set(key, 'saved_here');
      this.arrived(key);
    } else if (mine) {
      clearTimeout(this.timers.get(key));
      this.drafts.delete(key);
      this.states.delete(key);
      this.arrived(key);
    }
  }

  private saveSoon(key: string): void {
    clearTimeout(this.timers.get(key));
    this.timers.set(
      key,
      setTimeout(() => void this.inLine(key, () => this.save(key)), SERVER_PAUSE_MS),
    );
  }

  private inLine(key: string, work: () => Promise<void>): Promise<void> {
    const next = (this.lines.get(key) ?? Promise.resolve()).then(work);
    this.lines.set(key, next);
    return next.finally(() => {
      if (this.lines.get(key) === next) this.lines.delete(key);
    });
  }

  private async save(key: string): Promise<void> {
    const draft = this.drafts.get(key);
    if (!draft || (hasNoWords(draft) && draft.rev === 0)) return;
    try {
      const saved = await api.saveDraft(asServerDraft(draft));
      const now = this.drafts.get(key);
      if (now?.id !== draft.id) return;
      this.drafts.set(key, { ...now, rev: saved.rev });
      store(key, this.drafts.get(key));
      if (now.changed_at === draft.changed_at && !this.beingTyped.has(key)) this.states.set(key, 'saved');
    } catch (problem) {
      this.notSaved(key, draft, problem);
    }
  }

  private notSaved(key: string, draft: LocalDraft, problem: unknown): void {
    const now = this.drafts.get(key);
    if (!(problem instanceof ApiProblem) || now?.id !== draft.id) return;
    if (problem.code === 'draft_conflict' && problem.document.draft) {
      this.takeFromServer(problem.document.draft);
    } else if (problem.code === 'draft_gone') {
      // Sent or thrown away elsewhere, while here are words that were written since.
      this.keep(key, { ...now, id: crypto.randomUUID(), rev: 0 });
      this.saveSoon(key);
    } else this.states.set(key, 'saved_here');
  }
}

/** Plain words at the end of the last paragraph, or in one of their own. */
function withTail(html: string, words: string): string {
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const tail = escaped.replaceAll('\n', '<br>');
  return html.endsWith('</p>') ? `${html.slice(0, -4)}${tail}</p>` : `${html}<p>${tail}</p>`;
}

function saysTheSame(draft: LocalDraft, message: Message): boolean {
  // With formatting the server's text has list numbers and link addresses that ours lacks.
  const extra = message.html === null ? /[^\p{L}\p{N}]+/gu : /\(https?:[^)]*\)|[^\p{L}]+/gu;
  const words = (text: string) => text.replace(extra, '');
  return words(draft.text) === words(message.text);
}

function fromServer(server: Draft): Partial<LocalDraft> {
  return {
    ...(server.id ? { id: server.id } : {}),
    text: server.text,
    html: server.html,
    to: server.to.length ? server.to : null,
    cc: server.cc,
    bcc: server.bcc,
    subject: server.subject,
    channel_id: server.channel_id ?? null,
    macro_id: server.macro_id,
    order_id: server.order_id ?? null,
    order_basis: server.order_basis ?? null,
    order_action: server.order_action ?? null,
    spans: server.spans ?? [],
    missing: server.missing ?? [],
    rev: server.rev,
    changed_at: Date.parse(server.updated_at),
  };
}

function asServerDraft(draft: LocalDraft): Draft {
  return {
    id: draft.id,
    ticket_id: draft.ticket_id,
    mode: draft.mode,
    text: draft.text,
    html: draft.html,
    to: draft.to ?? [],
    cc: draft.cc,
    bcc: draft.bcc,
    subject: draft.subject,
    channel_id: draft.channel_id,
    attachment_ids: draft.files.map((file) => file.id),
    macro_id: draft.macro_id,
    order_id: draft.order_id,
    order_basis: draft.order_basis,
    order_action: draft.order_action,
    spans: draft.spans,
    missing: draft.missing,
    rev: draft.rev,
    updated_at: new Date(draft.changed_at).toISOString(),
  };
}
