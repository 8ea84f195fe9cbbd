import type { Conversation, Message } from './records';

/** What the server says over the socket. */
export type FromServer =
  | { type: 'message'; conversation_id: string; message: Message }
  | { type: 'typing'; conversation_id: string; name: string; is_typing: boolean }
  | { type: 'seen'; conversation_id: string; position: number }
  | { type: 'conversation'; conversation: Conversation }
  | { type: 'ping' };

export interface SocketLike {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
}

/** How the line reaches the world; tests bring their own. */
export interface LineWorld {
  open(): SocketLike;
  /** The last position that we have of each conversation. */
  after(): Record<string, number>;
  hear(message: FromServer): void;
  /** Ask over HTTP for what a socket would have said. */
  poll(): Promise<void>;
  later(call: () => void, milliseconds: number): unknown;
  never(timer: unknown): void;
  random(): number;
}

const SILENCE_MS = 70_000;
const BLOCKED_AFTER = 3;
const POLL_MS = 4_000;
const TRY_AGAIN_EVERY = 15;

/**
 * Hears what is new while it is wanted: over a socket that goes on where it broke off, and by
 * asking where sockets are blocked.
 */
export class Line {
  private socket: SocketLike | null = null;
  private isWanted = false;
  private isLive = false;
  private failures = 0;
  private polls = 0;
  private timer: unknown = null;

  constructor(private readonly world: LineWorld) {}

  want(isWanted: boolean): void {
    if (isWanted === this.isWanted) return;
    this.isWanted = isWanted;
    if (isWanted) this.connect();
    else this.drop();
  }

  /** Begin anew: somebody else is here, or the network is back. */
  restart(): void {
    this.failures = 0;
    this.drop();
    if (this.isWanted) this.connect();
  }

  /** Whether it could be said over the socket. */
  say(message: object): boolean {
    if (!this.isLive) return false;
    this.socket!.send(JSON.stringify(message));
    return true;
  }

  private connect(): void {
    const socket = this.world.open();
    this.socket = socket;
    socket.onopen = () => {
      this.isLive = true;
      socket.send(JSON.stringify({ type: 'hello', after: this.world.after() }));
      this.watch();
    };
    socket.onmessage = ({ data }) => {
      this.failures = 0;
      this.watch();
      this.world.hear(JSON.parse(String(data)) as FromServer);
    };
    socket.onclose = () => this.lost(socket);
  }

  private lost(socket: SocketLike): void {
    if (socket !== this.socket) return;
    this.drop();
    if (!this.isWanted) return;
    this.failures += 1;
    if (this.failures >= BLOCKED_AFTER) return this.ask();
    this.wait(500 * 2 ** this.failures * (0.5 + this.world.random()), () => this.connect());
  }

  /** One question, and another one soon; now and then the socket is tried again. */
  private ask(): void {
    void this.world.poll().finally(() => {
      if (!this.isWanted || this.socket) return;
      this.polls += 1;
      const isTry = this.polls % TRY_AGAIN_EVERY === 0;
      this.wait(POLL_MS, () => (isTry ? this.connect() : this.ask()));
    });
  }

  private watch(): void {
    const { socket } = this;
    this.wait(SILENCE_MS, () => socket && this.lost(socket));
  }

  private wait(milliseconds: number, call: () => void): void {
    this.world.never(this.timer);
    this.timer = this.world.later(call, milliseconds);
  }

  private drop(): void {
    const { socket } = this;
    this.socket = null;
    this.isLive = false;
    this.world.never(this.timer);
    socket?.close();
  }
}
