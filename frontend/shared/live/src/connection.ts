import type { ClientFrame, LiveEvent, PresentUser, ServerFrame } from './events';

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
  /** The server closed us because nobody is signed in. */
  onSignedOut(): void;
}

export interface Cursor {
  cursor: number;
  epoch: string;
}

export interface ConnectionWorld {
  openSocket(): SocketLike;
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
const SIGNED_OUT_CODE = 4401;

/**
 * The agent's line to the event log. Promises that `onEvents` sees every event after the
 * starting cursor once and in order, whatever happens to the sockets below.
 */
export class LiveConnection {
  state: ConnectionState = 'connecting';
  private socket: SocketLike | null = null;
  private retryTimer: unknown = null;
  private silenceTimer: unknown = null;
  private failures = 0;
  private head = 0;
  private isResetting = false;
  private presence: { ticket_id: string | null; state: PresentUser['state'] } | null = null;

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

  open(): void {
    if (this.state === 'closed' || this.socket) return;
    this.clearRetry();
    if (!this.world.isOnline()) return this.become('offline');
    if (this.state !== 'connecting') this.become('reconnecting');
    const socket = this.world.openSocket();
    this.socket = socket;
    socket.onopen = () => this.greet();
    socket.onmessage = (event) => this.receive(socket, String(event.data));
    socket.onclose = (event) => this.lost(socket, event.code);
    this.watchSilence();
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

  networkLost(): void {
    if (this.state === 'closed') return;
    this.dropSocket();
    this.become('offline');
  }

  setPresence(ticketId: string | null, state: PresentUser['state']): void {
    this.presence = { ticket_id: ticketId, state };
    if (this.state === 'live' || this.state === 'catching_up')
      this.send({ type: 'presence', ...this.presence });
  }

  private greet(): void {
    const { cursor, epoch } = this.at;
    this.send({ type: 'hello', cursor, epoch, client_id: this.world.clientId });
  }

  private receive(socket: SocketLike, text: string): void {
    if (socket !== this.socket) return;
    this.watchSilence();
    const frame = JSON.parse(text) as ServerFrame;
    if (frame.type === 'hello') this.welcomed(frame.head, frame.epoch);
    else if (frame.type === 'batch') this.takeBatch(frame.from, frame.upto, frame.events);
    else if (frame.type === 'ping') this.notice(frame.head);
    else if (frame.type === 'reset') void this.reset(frame.reason);
    else if (frame.type === 'counts') this.hooks.onCounts(frame.counts);
    else if (frame.type === 'presence') this.hooks.onPresence(frame.ticket_id, frame.users);
  }

  private welcomed(head: number, epoch: string): void {
    this.failures = 0;
    if (epoch !== this.at.epoch) return void this.reset('epoch');
    if (this.presence) this.send({ type: 'presence', ...this.presence });
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
    this.dropSocket();
    if (this.state === 'closed') return;
    if (code === SIGNED_OUT_CODE) return this.hooks.onSignedOut();
    this.retryLater();
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
      this.dropSocket();
      this.retryLater();
    }, SILENCE_LIMIT_MS);
  }

  private dropSocket(): void {
    if (this.silenceTimer !== null) this.world.clearTimer(this.silenceTimer);
    this.silenceTimer = null;
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
