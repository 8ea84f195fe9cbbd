import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LiveEvent } from '@aftercare/live';
import { applyEvent, emptyRecords, LiveConnection, putTicket, type LiveRecords } from '@aftercare/live';
import type { SocketLike } from '../../shared/live/src/connection';
import type { ServerFrame } from '../../shared/live/src/events';
import { event, message, ticket } from '../../shared/live/tests/make';

/** UX 40, G9.1: whatever happens on the way, a page ends where a fresh load would. */

type Step =
  | { kind: 'ticket' | 'message' | 'customer' | 'view' | 'tag' | 'macro' | 'hidden'; id: number }
  | { kind: 'presence' };

/** A shop whose records move on; each change writes one line of the log, as the server does. */
function logOf(steps: readonly Step[]): LiveEvent[] {
  const versions = new Map<string, number>();
  const next = (key: string) => {
    versions.set(key, (versions.get(key) ?? 0) + 1);
    return versions.get(key) ?? 1;
  };
  return steps.flatMap((step, index): LiveEvent[] => {
    const seq = index + 1;
    if (step.kind === 'presence') return [event(seq, 'unknown.type', { fuel: seq })];
    const { id } = step;
    const of = ticket(`t${id}`, next(`t${id}`), { customer_id: `k${id}` });
    const change = { status: ['open', 'closed'] as [unknown, unknown] };
    if (step.kind === 'ticket') return [event(seq, 'ticket.status_changed', { ticket: of, change })];
    if (step.kind === 'message') {
      const said = message(`m${seq}`, of.version, 1, { ticket_id: of.id });
      return [event(seq, 'message.received', { message: said, ticket: of })];
    }
    const name = `v${seq}`;
    if (step.kind === 'customer')
      return [event(seq, 'customer.updated', { customer: { id: `k${id}`, name, version: next(`k${id}`) } })];
    if (step.kind === 'tag')
      return [event(seq, 'tag.updated', { tag: { id: `g${id}`, name: `g${id}`, description: name } })];
    if (step.kind === 'macro')
      return [event(seq, 'macro.updated', { id: `x${id}`, name, is_deleted: seq % 3 === 0 })];
    const view = { id: `w${id}`, slug: `w${id}`, name } as never;
    return [event(seq, 'view.updated', { view, is_deleted: seq % 4 === 0 })];
  });
}

function plain(records: LiveRecords): unknown {
  const sorted = (map: Map<string, unknown>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.entries(records).map(([name, map]) => [name, sorted(map as Map<string, unknown>)]);
}

function fresh(log: readonly LiveEvent[]): LiveRecords {
  const records = emptyRecords();
  for (let id = 0; id < 4; id++) records.timeline.set(`t${id}`, []);
  for (const each of log) applyEvent(records, each);
  return records;
}

class Line implements SocketLike {
  onopen: SocketLike['onopen'] = null;
  onmessage: SocketLike['onmessage'] = null;
  onclose: SocketLike['onclose'] = null;
  send(): void {}
  close(): void {}
  say(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('ticket', 'message', 'customer', 'view', 'tag', 'macro') as fc.Arbitrary<'ticket'>,
    id: fc.nat(3),
  }),
  fc.record({ kind: fc.constant('presence' as const) }),
);
/** How the log reaches the page: pieces, pieces again, pieces too early, breaks, new leaders, resets. */
const delivery = fc.oneof(
  fc.record({ kind: fc.constant('piece' as const), back: fc.nat(5), length: fc.integer({ min: 1, max: 7 }) }),
  fc.record({ kind: fc.constant('early' as const), ahead: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constantFrom('break', 'leader', 'reset', 'ahead') }),
);

test('any order, doubling, splitting, break, change of leader and reset ends as a fresh load', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 50 }),
      fc.array(delivery, { maxLength: 40 }),
      (steps, deliveries) => {
        const log = logOf(steps);
        let records = fresh([]);
        let lines: Line[] = [];
        const timers: (() => void)[] = [];
        const connection = new LiveConnection(
          { cursor: 0, epoch: 'e' },
          {
            onEvents: (events) => events.forEach((each) => applyEvent(records, each)),
            onReset: () => Promise.resolve({ cursor: 0, epoch: 'e' }),
            onState: () => undefined,
            onCounts: () => undefined,
            onPresence: () => undefined,
            onSignedOut: () => undefined,
          },
          {
            clientId: 'me',
            openSocket: () => {
              const line = new Line();
              lines = [...lines, line];
              return line;
            },
            setTimer: (call) => timers.push(call),
            clearTimer: () => undefined,
            random: () => 0.5,
            isOnline: () => true,
          },
        );
        const greet = () => {
          lines.at(-1)?.onopen?.();
          const { cursor } = connection.cursor;
          lines.at(-1)?.say({ type: 'hello', cursor, epoch: 'e', head: log.length });
        };
        const serve = (from: number, upto: number) => {
          const end = Math.min(upto, log.length);
          if (from < end) lines.at(-1)?.say({ type: 'batch', from, upto: end, events: log.slice(from, end) });
        };
        connection.open();
        greet();
        for (const each of deliveries) {
          const at = connection.cursor.cursor;
          if (each.kind === 'piece') serve(Math.max(0, at - each.back), at - each.back + each.length);
          else if (each.kind === 'early') serve(at + each.ahead, at + each.ahead + 3);
          else if (each.kind === 'leader') {
            connection.restart();
            greet();
          } else if (each.kind === 'break') {
            lines.at(-1)?.onclose?.({ code: 1006 });
            connection.wake();
            greet();
          } else if (each.kind === 'reset') {
            // What loading afresh does: the snapshot of this moment, and its number as cursor.
            records = fresh(log.slice(0, at));
          } else {
            // An answer of the API that is newer than the cursor: the events come after it.
            const last = log.findLast((line) => line.payload.ticket?.id === 't1')?.payload.ticket;
            if (last) putTicket(records, last);
          }
        }
        serve(connection.cursor.cursor, log.length);
        expect(plain(records)).toEqual(plain(fresh(log)));
      },
    ),
    { numRuns: 300 },
  );
});

test('events of tickets in any order and any number of times end alike', () => {
  const kinds = fc.constantFrom('ticket', 'message', 'customer') as fc.Arbitrary<'ticket'>;
  const versioned = fc.array(fc.record({ kind: kinds, id: fc.nat(3) }), { maxLength: 40 });
  fc.assert(
    fc.property(versioned, fc.infiniteStream(fc.nat()), (steps, random) => {
      const log = logOf(steps);
      const twice = [...log, ...log].map((each) => ({ each, key: random.next().value as number }));
      const shuffled = twice.sort((a, b) => a.key - b.key).map(({ each }) => each);
      expect(plain(fresh(shuffled))).toEqual(plain(fresh(log)));
    }),
  );
});
