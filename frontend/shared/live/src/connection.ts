import { CATALOG_VERSION } from '@aftercare/api';
import type { ClientFrame, LiveEvent, PresenceFrame, PresentUser, ServerFrame, ShopperState } from './events';

export type ConnectionState = 'connecting' | 'live' | 'catching_up' | 'reconnecting' | 'offline' | 'closed';

/** What a WebSocket is to us; tests bring their own. */
export interface SocketLike {
  send(text: string): void;
  close(): void;
  onopen: ((event?: unknown) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
}

export interface ConnectionHooks {
  /** Applies events in order. The cursor moves only after it returned. */
  onEvents(events: readonly LiveEvent[]): void;
  /** The history is gone or not for us any more: load everything afresh and answer the new cursor. */
  onReset(reason: string): Promise<Cursor>;
  onState(state: ConnectionState, behindBy: number): void;
  onCounts(counts: Record<string, number>): void;
  onPresence(ticketId: string, users: readonly PresentUser[]): void;
  onShopper?(ticketId: string, state: ShopperState): void;
  /** The server closed us because nobody is signed in. */
  onSignedOut(): void;
  /** The server speaks a newer language of events than this page knows. */
  onOldPage?(): void;
}

export interface Cursor {
  cursor: number;
  epoch: string;
  /** The server's mark of what this person may see; other rights mean a fresh load. */
  rights?: string;
}

export interface ConnectionWorld {
  openSocket(): SocketLike;
  /** What stands in for a socket that something on the way blocks; null where there is nothing. */
  openPoll?(): SocketLike | null;
  /** Every frame of the server, for the other tabs of this browser. */
  heard?(text: string): void;
  /** The line was lost; the other tabs know it from here. */
  lost?(code: number): void;
  setTimer(call: () => void, delayMilliseconds: number): unknown;
  clearTimer(timer: unknown): void;
  random(): number;
  isOnline(): boolean;
  clientId: string;
}

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;
/** The server pings every 25 s; two missed pings and the socket counts as dead. */
const SILENCE_LIMIT_MS = 55_000;
/** A socket that opens but never says hello is given up sooner. */
const HELLO_LIMIT_MS = 10_000;
const SIGNED_OUT_CODE = 4401;
/** So many sockets in a row that never spoke, and the next try goes over HTTP. */
const BLOCKED_AFTER = 3;
/** While on HTTP, a socket is tried again so often. */
const TRY_SOCKET_AGAIN_MS = 60_000;

/**
 * The agent's line to the event log. Promises that `onEvents` sees every event after the
 * starting cursor once and in order, whatever happens to the sockets below.
 */
export class LiveConnection {
  state: ConnectionState = 'connecting';
  private socket: SocketLike | null = null;
  private isPolling = false;
  /** Sockets in a row that closed before the server said hello. */
  private mute = 0;
  private isGreeted = false;
  private probe: SocketLike | null = null;
  private probeTimer: unknown = null;
  private retryTimer: unknown = null;
  private silenceTimer: unknown = null;
  private failures = 0;
  private head = 0;
  private isResetting = false;
  private presence: PresenceFrame | null = null;

  constructor(
    private at: Cursor,
    private readonly hooks: ConnectionHooks,
    private readonly world: ConnectionWorld,
  ) {
    this.head = at.cursor;
  }

  get cursor(): Cursor {
    return { ...this.at };
  }

  get isLive(): boolean {
    return this.isGreeted;
  }

  /** How the news comes: over the socket, or by asking again and again. */
  get transport(): 'socket' | 'poll' {
    return this.isPolling ? 'poll' : 'socket';
  }

  open(): void {
    if (this.state === 'closed' || this.socket) return;
    this.clearRetry();
    if (!this.world.isOnline()) return this.become('offline');
    if (this.state !== 'connecting') this.become('reconnecting');
    const poll = this.mute >= BLOCKED_AFTER ? (this.world.openPoll?.() ?? null) : null;
    this.listenTo(poll ?? this.world.openSocket(), poll !== null);
  }

  private listenTo(socket: SocketLike, isPoll: boolean): void {
    this.socket = socket;
    this.isPolling = isPoll;
    this.isGreeted = false;
    socket.onopen = () => this.greet();
    socket.onmessage = (event) => this.receive(socket, String(event.data));
    socket.onclose = (event) => this.lost(socket, event.code);
    this.watchSilence();
  }

  /** Begins anew at once, with the cursor it has: another tab took over, or the network changed. */
  restart(): void {
    if (this.state === 'closed') return;
    this.failures = 0;
    this.mute = 0;
    this.dropSocket();
    this.open();
  }

  close(): void {
    this.become('closed');
    this.clearRetry();
    this.dropSocket();
  }

  /** The network or the screen came back: don't wait for the timer. */
  wake(): void {
    if (this.state === 'closed') return;
    if (this.socket && this.state === 'live') return this.send({ type: 'pull', cursor: this.at.cursor });
    this.failures = 0;
    this.dropSocket();
    this.open();
  }

  /** Passes on where another tab of this browser is. */
  relay(frame: PresenceFrame): void {
    if (this.isGreeted) this.send(frame);
  }

  networkLost(): void {
    if (this.state === 'closed') return;
    this.dropSocket();
    this.world.lost?.(1006);
    this.become('offline');
  }

  setPresence(ticketId: string | null, state: PresentUser['state']): void {
    this.presence = { type: 'presence', page: this.world.clientId, ticket_id: ticketId, state };
    if (this.state === 'live' || this.state === 'catching_up') this.send(this.presence);
  }

  private greet(): void {
    const { cursor, epoch, rights } = this.at;
    this.send({ type: 'hello', cursor, epoch, rights, client_id: this.world.clientId });
  }

  private receive(socket: SocketLike, text: string): void {
    if (socket !== this.socket) return;
    this.watchSilence();
    const frame = JSON.parse(text) as ServerFrame;
    if (frame.type === 'hello') this.welcomed(frame.head, frame.epoch, frame.catalog);
    else if (frame.type === 'batch') this.takeBatch(frame.from, frame.upto, frame.events);
    else if (frame.type === 'ping') this.notice(frame.head);
    else if (frame.type === 'reset') void this.reset(frame.reason);
    else if (frame.type === 'counts') this.hooks.onCounts(frame.counts);
    else if (frame.type === 'presence') this.hooks.onPresence(frame.ticket_id, frame.users);
    else if (frame.type === 'shopper') this.hooks.onShopper?.(frame.ticket_id, frame.state);
    this.world.heard?.(text);
  }

  private welcomed(head: number, epoch: string, catalog = CATALOG_VERSION): void {
    this.failures = 0;
    this.isGreeted = true;
    this.watchSilence();
    if (this.isPolling) this.tryTheSocketLater();
    else this.mute = 0;
    if (catalog > CATALOG_VERSION) this.hooks.onOldPage?.();
    if (epoch !== this.at.epoch) return void this.reset('epoch');
    if (this.presence) this.send(this.presence);
    this.head = Math.max(this.head, head);
    this.settle();
  }

  /** Applies what is new, then moves the cursor. A batch that starts too late is asked for again. */
  private takeBatch(from: number, upto: number, events: readonly LiveEvent[]): void {
    if (this.isResetting || upto <= this.at.cursor) return;
    if (from > this.at.cursor) return this.send({ type: 'pull', cursor: this.at.cursor });
    const fresh = events.filter((event) => event.seq > this.at.cursor).sort((a, b) => a.seq - b.seq);
    this.hooks.onEvents(fresh);
    this.at = { ...this.at, cursor: upto };
    this.head = Math.max(this.head, upto);
    this.settle();
  }

  private notice(head: number): void {
    this.head = Math.max(this.head, head);
    if (this.head > this.at.cursor) this.send({ type: 'pull', cursor: this.at.cursor });
    this.settle();
  }

  private settle(): void {
    const behindBy = this.head - this.at.cursor;
    this.become(behindBy > 0 ? 'catching_up' : 'live', behindBy);
  }

  private async reset(reason: string): Promise<void> {
    if (this.isResetting) return;
    this.isResetting = true;
    this.become('catching_up');
    try {
      this.at = await this.hooks.onReset(reason);
      this.head = this.at.cursor;
      if (this.socket) this.greet();
    } catch {
      this.dropSocket();
      this.retryLater();
    } finally {
      this.isResetting = false;
    }
  }

  private lost(socket: SocketLike, code: number): void {
    if (socket !== this.socket) return;
    this.countMute();
    this.dropSocket();
    this.world.lost?.(code);
    if (this.state === 'closed') return;
    if (code === SIGNED_OUT_CODE) return this.hooks.onSignedOut();
    this.retryLater();
  }

  /** A socket that never spoke counts; a poll that failed gives the socket one more try first. */
  private countMute(): void {
    if (this.isPolling) this.mute = BLOCKED_AFTER - 1;
    else if (!this.isGreeted && this.world.isOnline()) this.mute += 1;
  }

  /** While polling goes on, a socket is tried beside it; the first hello on it takes over. */
  private tryTheSocketLater(): void {
    this.dropProbe();
    this.probeTimer = this.world.setTimer(() => {
      const probe = (this.probe = this.world.openSocket());
      probe.onopen = () => {
        if (this.probe !== probe) return;
        this.probe = null;
        this.dropSocket();
        this.listenTo(probe, false);
        this.greet();
      };
      probe.onclose = () => {
        if (this.probe === probe) this.tryTheSocketLater();
      };
    }, TRY_SOCKET_AGAIN_MS);
  }

  private dropProbe(): void {
    if (this.probeTimer !== null) this.world.clearTimer(this.probeTimer);
    this.probeTimer = null;
    const probe = this.probe;
    this.probe = null;
    probe?.close();
  }

  /** Full jitter, doubling from half a second to half a minute. */
  private retryLater(): void {
    const ceiling = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.failures);
    this.failures += 1;
    this.become(this.world.isOnline() ? 'reconnecting' : 'offline', this.head - this.at.cursor);
    this.clearRetry();
    this.retryTimer = this.world.setTimer(() => this.open(), 100 + this.world.random() * ceiling);
  }

  private watchSilence(): void {
    if (this.silenceTimer !== null) this.world.clearTimer(this.silenceTimer);
    this.silenceTimer = this.world.setTimer(() => {
      this.countMute();
      this.dropSocket();
      this.world.lost?.(1006);
      this.retryLater();
    }, this.limit);
  }

  private get limit(): number {
    return this.isGreeted || this.isPolling ? SILENCE_LIMIT_MS : HELLO_LIMIT_MS;
  }

  private dropSocket(): void {
    if (this.silenceTimer !== null) this.world.clearTimer(this.silenceTimer);
    this.silenceTimer = null;
    this.dropProbe();
    this.isGreeted = false;
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private clearRetry(): void {
    if (this.retryTimer !== null) this.world.clearTimer(this.retryTimer);
    this.retryTimer = null;
  }

  private send(frame: ClientFrame): void {
    this.socket?.send(JSON.stringify(frame));
  }

  private become(state: ConnectionState, behindBy = 0): void {
    this.state = state;
    this.hooks.onState(state, behindBy);
  }
}
