import {
  api,
  ApiProblem,
  clientId,
  type Bootstrap,
  type Organization,
  type User,
  type View,
} from '@aftercare/api';
import {
  applyEvent,
  browserTabs,
  browserWorld,
  LiveConnection,
  wakeWithBrowser,
  type ConnectionState,
  type Cursor,
  type LiveEvent,
  type PresentUser,
  type Tabs,
} from '@aftercare/live';
import { useAvatars, useDates, type DateChoice } from '@aftercare/ui';
import { version } from '$app/environment';
import { getContext, setContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import { appearance } from './appearance.svelte';
import { Shoppers } from './shoppers.svelte';
import { Shelf } from './cache/shelf';
import { trimRecords } from './cache/trim';
import { Changes } from './changes.svelte';
import { Drafts } from './drafts.svelte';
import { OrderBook } from './orders.svelte';
import { Outbox } from './outbox.svelte';
import { Prefetch } from './prefetch';
import { panes } from './panes.svelte';
import { replaceAll, watchedRecords } from './records.svelte';
import { shortcuts } from './shortcuts.svelte';
import { forgetWork, readStored, store } from './storage';
import { Toasts } from './toasts.svelte';
import { Undo } from './undo.svelte';

export type EventListener = (events: readonly LiveEvent[]) => void;
export type PickerName = 'status' | 'assignee' | 'priority' | 'tags' | 'snooze';
const PRESENCE_PAUSE_MS = 10_000;
const KEEP_PAUSE_MS = 1_000;
/** In a busy shop there is no pause: then it is kept all the same. */
const KEEP_AT_LATEST_MS = 15_000;
/** A kept first screen older than this is asked for again, quietly. */
const KEPT_IS_OLD_MS = 60_000;
const TRIM_EVERY = 200;
type Status = 'starting' | 'ready' | 'signed_out' | 'failed';
type Settings = Record<string, unknown>;

/** The settings with this part laid over them; what is null there goes. */
function withPart(settings: Settings | undefined, part: Settings): Settings {
  return Object.fromEntries(Object.entries({ ...settings, ...part }).filter(([, value]) => value !== null));
}

/** What the signed-in agent's page knows: who is there, the live records and the line to the server. */
export class App {
  readonly records = watchedRecords();
  readonly toasts = new Toasts();
  readonly undo = new Undo(this.toasts);
  readonly drafts = new Drafts();
  readonly outbox = new Outbox(this);
  readonly changes = new Changes(this);
  /** What this browser keeps for the next page. */
  readonly shelf = new Shelf(version);
  readonly orders = new OrderBook(this.shelf);
  readonly prefetch = new Prefetch(this);
  readonly presence = new SvelteMap<string, readonly PresentUser[]>();
  readonly shoppers = new Shoppers();

  status = $state<Status>('starting');
  problem = $state.raw<ApiProblem | null>(null);
  me = $state.raw<User | null>(null);
  organization = $state.raw<Organization | null>(null);
  counts = $state.raw<Record<string, number>>({});
  connectionState = $state<ConnectionState>('connecting');
  behindBy = $state(0);
  /** Signed out by the server while working: the sign-in dialog lies over the page. */
  isSessionOver = $state(false);
  /** Tickets that were open on this page: whoever may not see one any more is told so. */
  readonly seen = new Set<string>();
  /** Raised by every fresh load; lists and rooms load again when it moves. */
  generation = $state(0);

  /** The server is newer than this page. */
  isOld = $state(false);

  private connection: LiveConnection | null = null;
  private tabs: Tabs | null = null;
  private stopWaking: (() => void) | null = null;
  private saving: Promise<unknown> = Promise.resolve();
  private unsaved: Settings[] = [];
  private said = '';
  private saidAt = 0;
  private bootstrap: Bootstrap | null = null;
  private keepTimer: ReturnType<typeof setTimeout> | undefined;
  private keepBy = 0;
  private touched = new Set<string>();
  private eventCount = 0;
  private readonly onScreen = new Set<() => Iterable<string>>();
  private readonly listeners = new Set<EventListener>();

  constructor() {
    appearance.save = (settings) => void this.saveSettings(settings);
    useAvatars((id) => this.records.users.get(id)?.avatar_url);
  }

  /** The views in the person's own order; what they never moved comes after, by position. */
  get views(): View[] {
    const order = this.records.viewOrder.get(this.me?.id ?? '') ?? [];
    const placeOf = (view: View) => (order.includes(view.id) ? order.indexOf(view.id) : order.length);
    return [...this.records.views.values()].sort(
      (a, b) => placeOf(a) - placeOf(b) || a.position - b.position || a.name.localeCompare(b.name),
    );
  }

  /** Whether the person's role allows it; the server has the last word. */
  may(capability: string): boolean {
    return this.me?.capabilities?.includes(capability) ?? false;
  }

  /** Loads the snapshot and opens the line. Raises nothing: `status` and `problem` tell. */
  async start(isFresh = false): Promise<void> {
    try {
      const kept = isFresh ? null : await this.shelf.start();
      if (kept) this.take(kept.bootstrap);
      const cursor = kept ? kept.bootstrap.event : await this.load();
      this.status = 'ready';
      this.isSessionOver = false;
      this.connect(cursor);
      this.outbox.start();
      this.changes.start();
      if (kept) void this.revalidate(Date.now() - kept.savedAt > KEPT_IS_OLD_MS);
    } catch (problem) {
      this.failed(problem);
    }
  }

  /** Names tickets that are on screen, so that their records stay. Returns how to stop. */
  keepInUse(ids: () => Iterable<string>): () => void {
    this.onScreen.add(ids);
    return () => this.onScreen.delete(ids);
  }

  stop(): void {
    clearTimeout(this.keepTimer);
    this.stopWaking?.();
    this.tabs?.leave();
    this.tabs = null;
    this.connection?.close();
    this.connection = null;
  }

  onEvents(listener: EventListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Tells colleagues where I am; the same thing again is said at most every ten seconds. */
  setPresence(ticketId: string | null, state: PresentUser['state']): void {
    const said = `${ticketId} ${state}`;
    if (said === this.said && Date.now() - this.saidAt < PRESENCE_PAUSE_MS) return;
    this.said = said;
    this.saidAt = Date.now();
    this.connection?.setPresence(ticketId, state);
  }

  /** Signed in again in the dialog: go on where we were. */
  async resume(): Promise<void> {
    this.stop();
    await this.start(true);
    if (this.status === 'ready') this.generation += 1;
  }

  sessionOver(): void {
    if (this.status === 'ready') this.isSessionOver = true;
    else this.status = 'signed_out';
  }

  /** Every 401 ends here, wherever it came from. True when the problem was one. */
  noticeSignedOut(problem: unknown): boolean {
    const isSignedOut = problem instanceof ApiProblem && problem.status === 401;
    if (isSignedOut) this.sessionOver();
    return isSignedOut;
  }

  private failed(problem: unknown): void {
    if (this.noticeSignedOut(problem)) return;
    if (!(problem instanceof ApiProblem)) throw problem;
    this.problem = problem;
    this.status = 'failed';
  }

  private async load(): Promise<Cursor> {
    const start = await api.bootstrap();
    this.take(start);
    return start.event;
  }

  private take(start: Bootstrap): void {
    this.leaveOthersWork(start.me.id);
    this.bootstrap = start;
    this.takeMe(start.me);
    this.organization = start.organization;
    this.counts = start.counts;
    replaceAll(this.records.users, start.users, (user) => user.id);
    replaceAll(this.records.teams, start.teams, (team) => team.id);
    replaceAll(this.records.tags, start.tags, (tag) => tag.name);
    replaceAll(this.records.channels, start.channels, (channel) => channel.id);
    replaceAll(this.records.views, start.views, (view) => view.id);
    this.records.viewOrder.set(start.me.id, start.view_order);
    replaceAll(this.records.unread, start.unread_notifications, (each) => each.id);
    replaceAll(this.records.macros, start.macros, (macro) => macro.id);
  }

  /** What I chose, here or on another device; another language needs the page anew. */
  private takeMe(me: User): void {
    this.me = { ...me, settings: this.unsaved.reduce(withPart, me.settings ?? {}) };
    shortcuts.take(this.me.settings);
    panes.take(this.me.settings);
    useDates(dateChoiceOf(this.me.settings));
    if (appearance.take(this.me.settings) && this.status === 'starting') location.reload();
  }

  private async refreshMe(): Promise<void> {
    try {
      this.takeMe(await this.inTurn(() => api.me()));
    } catch (problem) {
      if (!(problem instanceof ApiProblem)) throw problem;
      this.noticeSignedOut(problem); // otherwise the next load brings it
    }
  }

  /** Has the server remember these settings; null takes one back. A refusal becomes a toast. */
  async saveSettings(part: Settings): Promise<boolean> {
    if (!this.me) return false;
    const before = this.me;
    this.me = { ...before, settings: withPart(before.settings, part) };
    useDates(dateChoiceOf(this.me.settings));
    this.unsaved.push(part);
    try {
      await this.inTurn(() => api.changeMe({ settings: part }));
      return true;
    } catch (problem) {
      if (!(problem instanceof ApiProblem)) throw problem;
      this.me = before;
      useDates(dateChoiceOf(before.settings));
      if (!this.noticeSignedOut(problem)) this.toasts.show(problem.message, { kind: 'problem' });
      return false;
    } finally {
      this.unsaved = this.unsaved.filter((each) => each !== part);
    }
  }

  /** What reads and writes my settings, one after the other: none overtakes, none reads old news. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.saving.then(work, work);
    this.saving = mine;
    return mine;
  }

  /** After a start from what was kept: what no event tells of is asked for again. */
  private async revalidate(isOld: boolean): Promise<void> {
    try {
      if (!isOld) {
        this.counts = { ...this.counts, ...(await api.viewCounts()) };
        return;
      }
      const fresh = await api.bootstrap();
      const at = this.connection?.cursor;
      // An answer from before what has been applied since would turn time back.
      if (at && fresh.event.epoch === at.epoch && fresh.event.cursor >= at.cursor) this.take(fresh);
      this.keepSoon();
    } catch (problem) {
      if (!(problem instanceof ApiProblem)) throw problem;
      this.noticeSignedOut(problem);
    }
  }

  /** Leaves the next page what this one knows, a moment after the last change. */
  private keepSoon(): void {
    clearTimeout(this.keepTimer);
    this.keepBy ||= Date.now() + KEEP_AT_LATEST_MS;
    const left = Math.max(0, this.keepBy - Date.now());
    this.keepTimer = setTimeout(() => this.keepNow(), Math.min(KEEP_PAUSE_MS, left));
  }

  /** Cursor and records of one moment, also when the page is about to go. */
  keepNow(): void {
    clearTimeout(this.keepTimer);
    this.keepBy = 0;
    const { me, organization, counts, connection, bootstrap } = this;
    if (!connection || !me || !organization || !bootstrap || this.isSessionOver) return;
    void this.shelf.keepStart({ ...bootstrap, me, organization, counts }, this.records, connection.cursor);
    for (const id of this.touched)
      if (this.records.timeline.has(id)) void this.shelf.keepThread(this.records, id);
    this.touched.clear();
  }

  private noteTouched(events: readonly LiveEvent[]): void {
    for (const { type, payload } of events) {
      if (payload.ticket) this.touched.add(payload.ticket.id);
      if ((type === 'ticket.hidden' || type === 'ticket.removed') && payload.ticket_id)
        void this.shelf.forgetThread(payload.ticket_id);
    }
    this.eventCount += events.length;
    if (this.eventCount >= TRIM_EVERY) {
      this.eventCount = 0;
      trimRecords(this.records, new Set([...this.onScreen].flatMap((ids) => [...ids()])));
    }
    this.keepSoon();
  }

  /** Somebody else signed in on this browser: their page begins without the drafts of the one before. */
  private leaveOthersWork(userId: string): void {
    const owner = readStored<string | null>('owner', null);
    if (owner !== null && owner !== userId) {
      forgetWork();
      store('owner', userId);
      void this.shelf.wipe(true).then(() => location.reload());
    } else store('owner', userId);
  }

  private connect(cursor: Cursor): void {
    this.stop();
    this.tabs = browserTabs(clientId, this.me?.id ?? '', api, () => {
      if (this.isSessionOver) void this.resume(); // signed in again in another tab
    });
    this.connection = new LiveConnection(
      cursor,
      {
        onEvents: (events) => this.apply(events),
        onReset: (reason) => this.loadAfresh(reason),
        onState: (state, behindBy) => {
          this.connectionState = state;
          this.behindBy = behindBy;
          if (state !== 'live') return;
          this.outbox.flush();
          this.changes.flush();
        },
        onCounts: (counts) => (this.counts = { ...this.counts, ...counts }),
        onPresence: (ticketId, users) => this.presence.set(ticketId, users),
        onShopper: (ticketId, state) => this.shoppers.set(ticketId, state),
        onSignedOut: () => this.sessionOver(),
        onOldPage: () => (this.isOld = true),
      },
      browserWorld(clientId, api, this.tabs),
    );
    this.tabs?.join(this.connection);
    this.keepSoon();
    this.stopWaking = wakeWithBrowser(this.connection);
    this.connection.open();
  }

  /** After a reset: forget versions (the database may have gone back), keep drafts and selection. */
  private async loadAfresh(reason: string): Promise<Cursor> {
    if (reason === 'permissions' || reason === 'epoch') await this.shelf.wipe();
    const cursor = await this.load();
    this.records.tickets.clear();
    this.records.messages.clear();
    this.records.messageIds.clear();
    this.records.timeline.clear();
    this.generation += 1;
    this.keepSoon();
    return cursor;
  }

  private apply(events: readonly LiveEvent[]): void {
    for (const event of events) applyEvent(this.records, event);
    for (const event of events) this.outbox.seen(event);
    if (this.me)
      this.me = this.records.users.get(this.me.id)
        ? { ...this.me, ...this.records.users.get(this.me.id) }
        : this.me;
    const isAboutMe = (event: LiveEvent) => event.type === 'user.updated' && event.object_id === this.me?.id;
    if (events.some((event) => isAboutMe(event) && event.client_id !== clientId)) void this.refreshMe();
    for (const { payload } of events) this.organization = payload.organization ?? this.organization;
    this.orders.absorb(events);
    this.noteTouched(events);
    for (const listener of this.listeners) listener(events);
  }
}

function dateChoiceOf(settings: Readonly<Record<string, unknown>> | undefined): DateChoice {
  const timeZone = settings?.time_zone;
  const isIso = settings?.date_format === 'iso';
  return typeof timeZone === 'string' ? { timeZone, isIso } : { isIso };
}

const KEY = Symbol('app');

export function setApp(app: App): App {
  return setContext(KEY, app);
}

export function getApp(): App {
  return getContext<App>(KEY);
}
