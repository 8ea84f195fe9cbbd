import { beforeEach, expect, test } from 'vitest';
import type { EventPage } from '@aftercare/api';
import { LiveConnection, type SocketLike } from '../src/connection';
import type { ClientFrame, LiveEvent, PresenceFrame, ServerFrame } from '../src/events';
import { Tabs, type ChannelLike, type LocksLike } from '../src/tabs';
import { event } from './make';

/** Web Locks as the browser grants them: in the order of asking, one holder each, stealing allowed. */
class FakeLocks {
  private held = new Map<string, { reject: (reason: unknown) => void; tab: string }>();
  private waiting: { name: string; start: () => void }[] = [];

  of(tab: string): LocksLike {
    return { request: (name, options, held) => this.request(tab, name, options, held) };
  }
  request(...[tab, name, options, held]: [string, ...Parameters<LocksLike['request']>]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const start = () => {
        this.held.set(name, { reject, tab });
        held().then(() => {
          if (this.held.get(name)?.reject === reject) this.held.delete(name);
          resolve(undefined);
          this.grant();
        }, reject);
      };
      options.signal?.addEventListener('abort', () => {
        this.waiting = this.waiting.filter((each) => each.start !== start);
        reject(new Error('aborted'));
      });
      if (options.steal) {
        this.held.get(name)?.reject(new Error('stolen'));
        start();
      } else {
        this.waiting.push({ name, start });
        queueMicrotask(() => this.grant());
      }
    });
  }
  /** The tab crashed: whatever it held is free. */
  crash(tab: string): void {
    for (const [name, each] of this.held) if (each.tab === tab) this.held.delete(name);
    this.grant();
  }
  private grant(): void {
    for (const each of [...this.waiting]) {
      if (this.held.has(each.name)) continue;
      this.waiting = this.waiting.filter((other) => other !== each);
      each.start();
    }
  }
}

/** The server: a log, and who is connected. */
class FakeServer {
  head = 10;
  sockets: FakeSocket[] = [];
  present = new Map<string, string | null>();
  fetched: number[] = [];

  happens(count = 1): void {
    for (let i = 0; i < count; i++) {
      this.head += 1;
      for (const socket of this.sockets) socket.catchUp();
    }
  }
  page(after: number, limit = 3): EventPage {
    this.fetched.push(after);
    const upto = Math.min(this.head, after + limit);
    const next = upto < this.head ? String(upto) : null;
    return { results: seqs(after, upto), next, from: after, upto, head: this.head, epoch: 'e' };
  }
}

const seqs = (after: number, upto: number): LiveEvent[] =>
  Array.from({ length: upto - after }, (_, i) => event(after + 1 + i, 'ticket.updated', {}));

class FakeSocket implements SocketLike {
  onopen: SocketLike['onopen'] = null;
  onmessage: SocketLike['onmessage'] = null;
  onclose: SocketLike['onclose'] = null;
  private cursor = -1;
  constructor(private readonly server: FakeServer) {
    server.sockets.push(this);
    queueMicrotask(() => this.onopen?.());
  }
  send(text: string): void {
    const frame = JSON.parse(text) as ClientFrame;
    if (frame.type === 'presence') this.server.present.set(frame.page, frame.ticket_id);
    else {
      if (frame.type === 'hello')
        this.say({ type: 'hello', cursor: frame.cursor, epoch: 'e', head: this.server.head });
      this.cursor = frame.cursor;
      this.catchUp();
    }
  }
  catchUp(): void {
    const { head } = this.server;
    if (this.cursor < 0 || this.cursor >= head) return;
    const from = this.cursor;
    this.cursor = head;
    this.say({ type: 'batch', from, upto: head, events: seqs(from, head) });
  }
  say(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  close(): void {
    this.server.sockets = this.server.sockets.filter((each) => each !== this);
  }
}

class FakeChannel implements ChannelLike {
  onmessage: ChannelLike['onmessage'] = null;
  isFrozen = false;
  constructor(private readonly all: FakeChannel[]) {
    all.push(this);
  }
  postMessage(message: unknown): void {
    if (this.isFrozen) return;
    for (const each of this.all) {
      if (each === this || each.isFrozen) continue;
      const copy: unknown = structuredClone(message);
      queueMicrotask(() => each.onmessage?.({ data: copy }));
    }
  }
  close(): void {
    this.all.splice(this.all.indexOf(this), 1);
  }
}

let server: FakeServer;
let locks: FakeLocks;
let channels: FakeChannel[];
let timers: { at: number; call: () => void }[];
let now: number;

beforeEach(() => {
  server = new FakeServer();
  locks = new FakeLocks();
  channels = [];
  timers = [];
  now = 0;
});

const settled = () => new Promise((resolve) => setTimeout(resolve));

async function pass(milliseconds: number): Promise<void> {
  const end = now + milliseconds;
  for (;;) {
    const next = timers.filter((each) => each.at <= end).sort((a, b) => a.at - b.at)[0];
    if (!next) break;
    now = next.at;
    timers = timers.filter((each) => each !== next);
    next.call();
    await settled();
  }
  now = end;
}

class Tab {
  seen: number[] = [];
  states: string[] = [];
  tabs: Tabs;
  channel = new FakeChannel(channels);
  connection: LiveConnection;
  constructor(
    readonly id: string,
    cursor = 10,
    userId = 'ana',
  ) {
    const clock = {
      setTimer: (call: () => void, delay: number) => {
        const timer = { at: now + delay, call };
        timers.push(timer);
        return timer;
      },
      clearTimer: (timer: unknown) => (timers = timers.filter((each) => each !== timer)),
    };
    this.tabs = new Tabs({
      tabId: id,
      userId,
      locks: locks.of(id),
      channel: this.channel,
      doors: {
        events: (after) => Promise.resolve(server.page(after)),
        waitForEvents: () => Promise.reject(new Error('not here')),
        bePresent: () => Promise.resolve(),
      },
      isVisible: () => true,
      ...clock,
    });
    this.connection = new LiveConnection(
      { cursor, epoch: 'e' },
      {
        onEvents: (events) => this.seen.push(...events.map((each) => each.seq)),
        onReset: (reason) => {
          this.states.push(`reset ${reason}`);
          return Promise.resolve({ cursor: server.head, epoch: 'e' });
        },
        onState: (state) => this.states.push(state),
        onCounts: () => undefined,
        onPresence: () => undefined,
        onSignedOut: () => this.states.push('signed out'),
      },
      {
        clientId: id,
        openSocket: () => this.tabs.socket() ?? new FakeSocket(server),
        heard: (text) => this.tabs.heard(text),
        lost: (code) => this.tabs.lost(code),
        random: () => 0.5,
        isOnline: () => true,
        ...clock,
      },
    );
    this.tabs.join(this.connection);
    this.connection.open();
  }
  close(): void {
    this.tabs.leave();
    this.connection.close();
  }
  /** Nothing of this tab runs any more, and its locks are free. */
  crash(): void {
    this.channel.isFrozen = true;
    this.connection.close();
    locks.crash(this.id);
  }
}

const upTo = (from: number, upto: number) => Array.from({ length: upto - from }, (_, i) => from + 1 + i);

test('three tabs open one socket, and all of them see every event once', async () => {
  const tabs = [new Tab('a'), new Tab('b'), new Tab('c')];
  await settled();
  server.happens(5);
  await settled();
  expect(server.sockets).toHaveLength(1);
  for (const tab of tabs) {
    expect(tab.seen).toEqual(upTo(10, 15));
    expect(tab.connection.state).toBe('live');
  }
});

test('a tab that begins behind fetches what it missed, page by page', async () => {
  new Tab('a');
  await settled();
  server.happens(10);
  const late = new Tab('b', 10);
  await settled();
  server.happens(2);
  await settled();
  expect(late.seen).toEqual(upTo(10, 22));
  expect(server.sockets).toHaveLength(1);
});

test.each(['close', 'crash'] as const)(
  'the leader ends by %s and another takes over, no gap',
  async (how) => {
    const [a, b, c] = [new Tab('a'), new Tab('b'), new Tab('c')];
    await settled();
    server.happens(2);
    await settled();
    a[how]();
    server.happens(3);
    await settled();
    await pass(2_000);
    server.happens(2);
    await settled();
    expect(server.sockets).toHaveLength(1);
    expect(b.seen).toEqual(upTo(10, 17));
    expect(c.seen).toEqual(upTo(10, 17));
  },
);

test('a frozen leader is relieved, and follows when it thaws', async () => {
  const [a, b] = [new Tab('a'), new Tab('b')];
  await settled();
  a.channel.isFrozen = true;
  server.happens(4);
  await settled();
  expect(b.seen).toEqual([]);
  await pass(14_000);
  expect(b.seen).toEqual(upTo(10, 14));
  a.channel.isFrozen = false;
  await pass(14_000);
  server.happens(1);
  await settled();
  expect(server.sockets).toHaveLength(1);
  expect(a.seen).toEqual(upTo(10, 15));
  expect(b.seen).toEqual(upTo(10, 15));
});

test('each tab is present on its own ticket, until it is gone', async () => {
  const [a, b] = [new Tab('a'), new Tab('b')];
  await settled();
  a.connection.setPresence('t1', 'viewing');
  b.connection.setPresence('t2', 'replying');
  await settled();
  expect([...server.present]).toEqual([
    ['a', 't1'],
    ['b', 't2'],
  ]);
  b.crash();
  await settled();
  expect(server.present.get('b')).toBeNull();
});

test('presence of the followers is told again by the new leader', async () => {
  const [a, b, c] = [new Tab('a'), new Tab('b'), new Tab('c')];
  await settled();
  c.connection.setPresence('t3', 'viewing');
  await settled();
  server.present.clear();
  a.crash();
  await settled();
  await pass(2_000);
  expect(server.present.get('c')).toBe('t3');
  expect(b.tabs.isLeader).toBe(true);
});

test('a tab of somebody who has signed out since loads afresh', async () => {
  new Tab('a', 10, 'ana');
  await settled();
  const other = new Tab('b', 10, 'ben');
  await settled();
  expect(other.states).toContain('reset permissions');
});

test('when the session ends all tabs hear it, and a tab that signs in again gets the line', async () => {
  const [a, b] = [new Tab('a'), new Tab('b')];
  await settled();
  const socket = server.sockets[0];
  socket?.close();
  socket?.onclose?.({ code: 4401 });
  await settled();
  expect(a.states).toContain('signed out');
  expect(b.states).toContain('signed out');
  expect(a.tabs.isLeader).toBe(false);
});

test('frames of presence keep the tab they came from', async () => {
  const a = new Tab('a');
  await settled();
  const frame: PresenceFrame = { type: 'presence', page: 'x', ticket_id: 't9', state: 'noting' };
  a.connection.relay(frame);
  expect(server.present.get('x')).toBe('t9');
});
