import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LiveConnection, type ConnectionState, type Cursor, type SocketLike } from '../src/connection';
import type { ClientFrame, LiveEvent, ServerFrame } from '../src/events';
import { event } from './make';

class TestSocket implements SocketLike {
  sent: ClientFrame[] = [];
  isClosed = false;
  onopen: SocketLike['onopen'] = null;
  onmessage: SocketLike['onmessage'] = null;
  onclose: SocketLike['onclose'] = null;
  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientFrame);
  }
  close(): void {
    this.isClosed = true;
  }
  say(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

/** A world with sockets, a clock and a network that the test moves by hand. */
class World {
  sockets: TestSocket[] = [];
  polls: TestSocket[] = [];
  timers: { at: number; call: () => void }[] = [];
  now = 0;
  isOn = true;
  seen: number[] = [];
  states: ConnectionState[] = [];
  resets: string[] = [];
  signedOut = 0;
  isOld = false;
  afterReset: Cursor = { cursor: 0, epoch: 'e' };
  connection: LiveConnection;

  constructor(at: Cursor = { cursor: 10, epoch: 'e' }) {
    this.connection = new LiveConnection(
      at,
      {
        onEvents: (events: readonly LiveEvent[]) => this.seen.push(...events.map((each) => each.seq)),
        onReset: (reason) => {
          this.resets.push(reason);
          return Promise.resolve(this.afterReset);
        },
        onState: (state) => this.states.push(state),
        onCounts: () => undefined,
        onPresence: () => undefined,
        onSignedOut: () => (this.signedOut += 1),
        onOldPage: () => (this.isOld = true),
      },
      {
        clientId: 'me',
        openSocket: () => {
          const socket = new TestSocket();
          this.sockets.push(socket);
          return socket;
        },
        setTimer: (call, delay) => {
          const timer = { at: this.now + delay, call };
          this.timers.push(timer);
          return timer;
        },
        clearTimer: (timer) => (this.timers = this.timers.filter((each) => each !== timer)),
        openPoll: () => {
          const poll = new TestSocket();
          this.polls.push(poll);
          this.sockets.push(poll);
          return poll;
        },
        random: () => 0.5,
        isOnline: () => this.isOn,
      },
    );
  }
  get socket(): TestSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('no socket yet');
    return socket;
  }
  greet(head: number, epoch = 'e'): void {
    this.socket.onopen?.();
    this.socket.say({ type: 'hello', cursor: this.connection.cursor.cursor, epoch, head });
  }
  batch(from: number, upto: number, seqs: number[]): void {
    this.socket.say({
      type: 'batch',
      from,
      upto,
      events: seqs.map((seq) => event(seq, 'ticket.updated', {})),
    });
  }
  advance(milliseconds: number): void {
    this.now += milliseconds;
    for (const timer of this.timers.filter((each) => each.at <= this.now)) {
      this.timers = this.timers.filter((each) => each !== timer);
      timer.call();
    }
  }
}

test('says hello with its cursor and epoch and applies what is new, once', () => {
  const world = new World();
  world.connection.open();
  world.greet(12);
  expect(world.socket.sent[0]).toEqual({ type: 'hello', cursor: 10, epoch: 'e', client_id: 'me' });
  world.batch(10, 12, [11, 12]);
  world.batch(10, 12, [11, 12]);
  expect(world.seen).toEqual([11, 12]);
  expect(world.connection.cursor.cursor).toBe(12);
  expect(world.connection.state).toBe('live');
});

test('a batch that starts beyond the cursor is not applied but asked for again', () => {
  const world = new World();
  world.connection.open();
  world.greet(15);
  world.batch(13, 15, [14, 15]);
  expect(world.seen).toEqual([]);
  expect(world.connection.cursor.cursor).toBe(10);
  expect(world.socket.sent.at(-1)).toEqual({ type: 'pull', cursor: 10 });
});

test('numbers that were filtered out move the cursor and are no gap', () => {
  const world = new World();
  world.connection.open();
  world.greet(14);
  world.batch(10, 14, [12]);
  expect(world.seen).toEqual([12]);
  expect(world.connection.cursor.cursor).toBe(14);
});

test('a ping with a higher head asks for what the doorbell lost', () => {
  const world = new World();
  world.connection.open();
  world.greet(10);
  world.socket.say({ type: 'ping', head: 11 });
  expect(world.socket.sent.at(-1)).toEqual({ type: 'pull', cursor: 10 });
  expect(world.connection.state).toBe('catching_up');
});

test('the cursor stays when applying fails, so that nothing is skipped', () => {
  const world = new World();
  world.connection.open();
  world.greet(11);
  (world.connection as unknown as { hooks: { onEvents: () => void } }).hooks.onEvents = () => {
    throw new Error('broken');
  };
  expect(() => world.batch(10, 11, [11])).toThrow('broken');
  expect(world.connection.cursor.cursor).toBe(10);
});

test('another epoch loads afresh instead of going deaf', async () => {
  const world = new World();
  world.afterReset = { cursor: 3, epoch: 'new' };
  world.connection.open();
  world.greet(3, 'new');
  await Promise.resolve();
  await Promise.resolve();
  expect(world.resets).toEqual(['epoch']);
  expect(world.connection.cursor).toEqual({ cursor: 3, epoch: 'new' });
  expect(world.socket.sent.at(-1)).toEqual({ type: 'hello', cursor: 3, epoch: 'new', client_id: 'me' });
});

test('comes back after a break with the cursor it had, waiting longer each time', () => {
  const world = new World();
  world.connection.open();
  world.greet(10);
  world.batch(10, 11, [11]);
  world.socket.onclose?.({ code: 1006 });
  expect(world.connection.state).toBe('reconnecting');
  world.advance(349);
  expect(world.sockets).toHaveLength(1);
  world.advance(1);
  expect(world.sockets).toHaveLength(2);
  world.socket.onclose?.({ code: 1006 });
  world.advance(350);
  expect(world.sockets).toHaveLength(2);
  world.advance(250);
  expect(world.sockets).toHaveLength(3);
  world.greet(11);
  expect(world.socket.sent[0]).toMatchObject({ type: 'hello', cursor: 11 });
});

test('a silent socket counts as dead', () => {
  const world = new World();
  world.connection.open();
  world.greet(10);
  const first = world.socket;
  world.advance(55_000);
  expect(first.isClosed).toBe(true);
  expect(world.connection.state).toBe('reconnecting');
});

test('waking up does not wait for the timer, and offline is called offline', () => {
  const world = new World();
  world.connection.open();
  world.greet(10);
  world.isOn = false;
  world.connection.networkLost();
  expect(world.connection.state).toBe('offline');
  world.isOn = true;
  world.connection.wake();
  expect(world.sockets).toHaveLength(2);
});

test('a socket closed because nobody is signed in is not opened again', () => {
  const world = new World();
  world.connection.open();
  world.greet(10);
  world.socket.onclose?.({ code: 4401 });
  world.advance(120_000);
  expect(world.signedOut).toBe(1);
  expect(world.sockets).toHaveLength(1);
});

test('presence is said again after a new connection', () => {
  const world = new World();
  world.connection.open();
  world.greet(10);
  world.connection.setPresence('t1', 'replying');
  world.socket.onclose?.({ code: 1006 });
  world.advance(30_000);
  world.greet(10);
  expect(world.socket.sent).toContainEqual({
    type: 'presence',
    page: 'me',
    ticket_id: 't1',
    state: 'replying',
  });
});

/** G9.4 */
test('after three sockets that never spoke the events come over HTTP, until a socket works', () => {
  const world = new World();
  world.connection.open();
  for (let tries = 0; tries < 3; tries++) {
    expect(world.polls).toHaveLength(0);
    world.socket.onclose?.({ code: 1006 });
    world.advance(10_000);
  }
  expect(world.polls).toHaveLength(1);
  world.greet(12);
  world.batch(10, 12, [11, 12]);
  expect(world.connection.state).toBe('live');
  expect(world.connection.transport).toBe('poll');

  world.advance(50_000);
  world.socket.say({ type: 'ping', head: 12 });
  world.advance(10_000);
  world.socket.onclose?.({ code: 1006 }); // the probe is blocked, too
  expect(world.connection.transport).toBe('poll');
  world.polls[0]?.say({ type: 'ping', head: 12 });
  world.advance(50_000);
  world.polls[0]?.say({ type: 'ping', head: 12 });
  world.advance(10_000);
  world.greet(14);
  world.batch(12, 14, [13, 14]);
  expect(world.connection.transport).toBe('socket');
  expect(world.polls[0]?.isClosed).toBe(true);
  expect(world.seen).toEqual([11, 12, 13, 14]);
});

test('a poll that fails gives the socket a try before it asks again', () => {
  const world = new World();
  world.connection.open();
  for (let tries = 0; tries < 3; tries++) {
    world.socket.onclose?.({ code: 1006 });
    world.advance(10_000);
  }
  world.socket.onclose?.({ code: 1006 });
  expect(world.connection.state).toBe('reconnecting');
  world.advance(30_000);
  expect(world.connection.transport).toBe('socket');
  world.socket.onclose?.({ code: 1006 });
  world.advance(30_000);
  expect(world.connection.transport).toBe('poll');
});

test('a socket that opens but never says hello is given up after ten seconds', () => {
  const world = new World();
  world.connection.open();
  world.socket.onopen?.();
  world.advance(10_000);
  expect(world.sockets[0]?.isClosed).toBe(true);
  expect(world.connection.state).toBe('reconnecting');
});

test('a server that speaks a newer language of events says so', () => {
  const world = new World();
  world.connection.open();
  world.socket.onopen?.();
  world.socket.say({ type: 'hello', cursor: 10, epoch: 'e', head: 10, catalog: 99 });
  expect(world.isOld).toBe(true);
});

test('whatever is lost, doubled, reordered or cut off, every event is seen once and in order', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('batch' as const),
      back: fc.nat(6),
      length: fc.integer({ min: 1, max: 6 }),
    }),
    fc.record({ kind: fc.constant('jump' as const), ahead: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ kind: fc.constant('break' as const) }),
    fc.record({ kind: fc.constant('ping' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const head = 200;
      const world = new World({ cursor: 0, epoch: 'e' });
      world.connection.open();
      world.greet(head);
      const serve = (from: number, upto: number) =>
        world.batch(
          from,
          Math.min(upto, head),
          Array.from({ length: Math.max(0, Math.min(upto, head) - from) }, (_, i) => from + 1 + i),
        );
      for (const each of steps) {
        const at = world.connection.cursor.cursor;
        if (each.kind === 'batch')
          serve(Math.max(0, at - each.back), Math.max(0, at - each.back) + each.length);
        else if (each.kind === 'jump') serve(at + each.ahead, at + each.ahead + 2);
        else if (each.kind === 'ping') world.socket.say({ type: 'ping', head });
        else {
          world.socket.onclose?.({ code: 1006 });
          world.advance(60_000);
          world.greet(head);
        }
      }
      serve(world.connection.cursor.cursor, head);
      expect(world.seen).toEqual(Array.from({ length: head }, (_, i) => i + 1));
    }),
  );
});
