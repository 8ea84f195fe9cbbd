import { closeCodeOf, LOST, SIGNED_OUT, type Doors } from './poll';
import type { LiveConnection, SocketLike } from './connection';
import type { ClientFrame, LiveEvent, PresenceFrame, ServerFrame } from './events';

/** What the tabs of one browser say to each other. */
type TabMessage =
  | { type: 'ask'; from: string }
  | ({ type: 'welcome'; to: string } & Welcome)
  | { type: 'frame'; text: string }
  | { type: 'up' }
  | { type: 'down'; code: number }
  | { type: 'presence'; from: string; frame: PresenceFrame };

/** Where the leader is, for a tab that begins to follow. */
interface Welcome {
  userId: string;
  head: number;
  epoch: string;
  rights: string | undefined;
  frames: string[];
}

export interface ChannelLike {
  postMessage(message: unknown): void;
  close(): void;
  onmessage: ((event: { data: unknown }) => void) | null;
}

/** Locks as browsers have them; `steal` takes one from a tab that no longer moves. */
export interface LocksLike {
  request(
    name: string,
    options: { steal?: boolean; signal?: AbortSignal },
    held: () => Promise<void>,
  ): Promise<unknown>;
}

export interface TabsWorld {
  tabId: string;
  userId: string;
  locks: LocksLike;
  channel: ChannelLike;
  doors: Doors;
  isVisible(): boolean;
  setTimer(call: () => void, delayMilliseconds: number): unknown;
  clearTimer(timer: unknown): void;
}

const LINE = 'aftercare.line';
/** A leader that does not answer so long has frozen: another tab takes the line from it. */
const ANSWER_LIMIT_MS = 3_000;
const ASK_EVERY_MS = 10_000;
/** Whoever is further behind loads afresh, as on a socket of its own. */
const CATCH_UP_LIMIT = 1_000;

/**
 * One line to the server for all tabs of a browser. The tab that holds the lock opens the socket and
 * hands every frame on; the others follow. Each tab keeps a cursor of its own and asks the server
 * for what it missed, so a change of leader is nothing but a reconnect: no gap, nothing twice.
 */
export class Tabs {
  isLeader = false;
  private connection: LiveConnection | null = null;
  private follower: FollowerSocket | null = null;
  private readonly stopped = new AbortController();
  private release: (() => void) | null = null;
  private answerTimer: unknown = null;
  private askTimer: unknown = null;
  private counts: string | null = null;
  private readonly places = new Map<string, string>();
  private readonly known = new Set<string>();

  constructor(
    private readonly world: TabsWorld,
    private readonly onSomebodyUp: () => void = () => undefined,
  ) {
    world.channel.onmessage = ({ data }) => this.hear(data as TabMessage);
  }

  /** Joins the tabs. The lock of its own tells the others when this tab is gone. */
  join(connection: LiveConnection): void {
    this.connection = connection;
    void this.hold(tabLock(this.world.tabId), {}).catch(() => undefined);
    this.queue({});
    this.watch();
  }

  leave(): void {
    const isLeader = this.isLeader;
    this.isLeader = false;
    this.stopped.abort();
    this.release?.();
    this.clearAnswer();
    if (this.askTimer !== null) this.world.clearTimer(this.askTimer);
    if (isLeader) this.say({ type: 'down', code: LOST });
    this.world.channel.onmessage = null;
    this.world.channel.close();
  }

  /** The stand-in for a socket of a tab that follows; null for the leader, who needs a real one. */
  socket(): SocketLike | null {
    if (this.isLeader) return null;
    this.follower = new FollowerSocket(this.world);
    this.ask();
    return this.follower;
  }

  /** The leader's line said something: everybody should know. */
  heard(text: string): void {
    if (!this.isLeader) return;
    const frame = JSON.parse(text) as ServerFrame;
    if (frame.type === 'hello') {
      this.places.clear();
      return this.say({ type: 'up' });
    }
    // What is too old for one tab may be new enough for another; rights and epochs are everybody's.
    if (frame.type === 'reset' && frame.reason !== 'permissions' && frame.reason !== 'epoch') return;
    if (frame.type === 'counts') this.counts = text;
    if (frame.type === 'presence') this.remember(frame.ticket_id, frame.users.length > 0, text);
    if (frame.type === 'shopper') this.remember(`${frame.ticket_id} shopper`, frame.state !== 'left', text);
    this.say({ type: 'frame', text });
  }

  /** The leader's line was lost, or nobody is signed in any more. */
  lost(code: number): void {
    if (!this.isLeader) return;
    this.say({ type: 'down', code });
    if (code !== SIGNED_OUT) return;
    this.isLeader = false; // another tab may have signed in meanwhile
    this.release?.();
  }

  /** What a tab that joins later must be told, too. */
  private remember(place: string, isTaken: boolean, text: string): void {
    if (isTaken) this.places.set(place, text);
    else this.places.delete(place);
  }

  private queue(options: { steal?: boolean }): void {
    const taken = this.hold(LINE, options, () => this.lead());
    taken.then(
      () => undefined,
      () => {
        // Stolen from us: we seemed frozen. Follow whoever has it now, and stand in line again.
        if (this.stopped.signal.aborted) return;
        this.isLeader = false;
        this.connection?.restart();
        this.queue({});
      },
    );
  }

  private hold(name: string, options: { steal?: boolean }, held?: () => void): Promise<unknown> {
    const { signal } = this.stopped;
    return this.world.locks.request(name, options.steal ? options : { signal }, () => {
      if (signal.aborted) return Promise.resolve();
      held?.();
      return new Promise<void>((resolve) => {
        if (held) this.release = resolve;
        signal.addEventListener('abort', () => resolve());
      });
    });
  }

  private lead(): void {
    this.isLeader = true;
    this.clearAnswer();
    this.follower?.close();
    this.follower = null;
    this.places.clear();
    this.connection?.restart();
  }

  private hear(message: TabMessage): void {
    if (message.type === 'ask') {
      if (this.isLeader) this.answer(message.from);
    } else if (message.type === 'presence') {
      if (this.isLeader) this.relay(message.from, message.frame);
    } else if (!this.isLeader) this.follow(message);
  }

  private answer(tabId: string): void {
    const { connection, world } = this;
    if (!connection?.isLive) return this.say({ type: 'down', code: 0 });
    const { cursor: head, epoch, rights } = connection.cursor;
    const frames = [...(this.counts ? [this.counts] : []), ...this.places.values()];
    this.say({ type: 'welcome', to: tabId, userId: world.userId, head, epoch, rights, frames });
  }

  private relay(tabId: string, frame: PresenceFrame): void {
    this.connection?.relay(frame);
    if (this.known.has(tabId)) return;
    this.known.add(tabId);
    const gone = () => {
      this.known.delete(tabId);
      this.connection?.relay({ ...frame, ticket_id: null, state: 'viewing' });
    };
    const { signal } = this.stopped;
    this.world.locks
      .request(tabLock(tabId), { signal }, () => Promise.resolve(gone()))
      .catch(() => undefined);
  }

  private follow(message: TabMessage): void {
    this.clearAnswer();
    if (message.type === 'up') {
      this.onSomebodyUp();
      this.connection?.restart();
    } else if (message.type === 'welcome') {
      if (message.to === this.world.tabId) this.follower?.welcomed(message);
    } else if (message.type === 'frame') this.follower?.take(message.text);
    else if (message.type === 'down' && message.code) this.follower?.lose(message.code);
  }

  /** Asks the leader to let this tab follow; who doesn't answer at all has frozen. */
  private ask(): void {
    this.say({ type: 'ask', from: this.world.tabId });
    if (this.answerTimer !== null) return;
    this.answerTimer = this.world.setTimer(() => {
      this.answerTimer = null;
      if (!this.isLeader && this.world.isVisible()) this.queue({ steal: true });
    }, ANSWER_LIMIT_MS);
  }

  private clearAnswer(): void {
    if (this.answerTimer !== null) this.world.clearTimer(this.answerTimer);
    this.answerTimer = null;
  }

  /** While somebody looks at this tab, it makes sure that the leader still moves. */
  private watch(): void {
    this.askTimer = this.world.setTimer(() => {
      if (!this.isLeader && this.world.isVisible()) this.ask();
      this.watch();
    }, ASK_EVERY_MS);
  }

  private say(message: TabMessage): void {
    this.world.channel.postMessage(message);
  }
}

const tabLock = (tabId: string) => `aftercare.tab.${tabId}`;

/** Looks like a socket: hears what the leader hears and fetches by itself what it missed. */
class FollowerSocket implements SocketLike {
  onopen: SocketLike['onopen'] = null;
  onmessage: SocketLike['onmessage'] = null;
  onclose: SocketLike['onclose'] = null;
  private welcome: Welcome | null = null;
  private isGreeted = false;
  private isClosed = false;
  private isFetching = false;
  /** Asked for while fetching: where to go on. */
  private wanted: number | null = null;

  constructor(private readonly world: TabsWorld) {}

  welcomed(welcome: Welcome): void {
    if (this.welcome || this.isClosed) return;
    this.welcome = welcome;
    this.onopen?.();
  }

  take(text: string): void {
    if (this.isGreeted && !this.isClosed) this.onmessage?.({ data: text });
  }

  send(text: string): void {
    const frame = JSON.parse(text) as ClientFrame;
    if (frame.type === 'presence')
      this.world.channel.postMessage({ type: 'presence', from: this.world.tabId, frame } as TabMessage);
    else if (frame.type === 'pull') void this.fetchAfter(frame.cursor);
    else this.greet(frame.cursor, frame.rights);
  }

  lose(code: number): void {
    if (this.isClosed) return;
    this.close();
    this.onclose?.({ code });
  }

  close(): void {
    this.isClosed = true;
  }

  private greet(cursor: number, rights: string | undefined): void {
    const { welcome } = this;
    if (!welcome) return;
    this.isGreeted = true;
    const head = Math.max(welcome.head, cursor);
    this.deliver({ type: 'hello', cursor, epoch: welcome.epoch, head });
    if (welcome.userId !== this.world.userId || (rights && welcome.rights && rights !== welcome.rights))
      return this.deliver({ type: 'reset', reason: 'permissions' });
    if (head - cursor > CATCH_UP_LIMIT) return this.deliver({ type: 'reset', reason: 'far_behind' });
    for (const text of welcome.frames) this.take(text);
    if (cursor < head) void this.fetchAfter(cursor);
  }

  private async fetchAfter(cursor: number): Promise<void> {
    this.wanted = cursor;
    if (this.isFetching) return;
    this.isFetching = true;
    try {
      while (this.wanted !== null && !this.isClosed) await this.fetchPage(this.wanted);
    } catch (problem) {
      const { code, document } = problem as { code?: string; document?: { reason?: string } };
      if (code === 'reset') this.deliver({ type: 'reset', reason: document?.reason ?? 'expired' });
      else this.lose(closeCodeOf(problem));
    } finally {
      this.isFetching = false;
      this.wanted = null;
    }
  }

  private async fetchPage(after: number): Promise<void> {
    this.wanted = null;
    const { from, upto, next, results } = await this.world.doors.events(after, this.welcome?.epoch ?? '');
    this.deliver({ type: 'batch', from, upto, events: results as LiveEvent[] });
    if (next !== null && upto > after) this.wanted = upto;
    else this.deliver({ type: 'ping', head: upto });
  }

  private deliver(frame: ServerFrame): void {
    if (!this.isClosed) this.onmessage?.({ data: JSON.stringify(frame) });
  }
}
