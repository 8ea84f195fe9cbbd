import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  applyEvent,
  emptyRecords,
  putCustomer,
  putMessages,
  putTimeline,
  type LiveRecords,
} from '../src/records';
import { event, message, ticket } from './make';

function plain(records: LiveRecords): unknown {
  const sorted = (map: Map<string, unknown>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.entries(records).map(([name, map]) => [name, sorted(map as Map<string, unknown>)]);
}

test('an older record never replaces a newer one', () => {
  const records = emptyRecords();
  applyEvent(records, event(2, 'ticket.updated', { ticket: ticket('t1', 5) }));
  applyEvent(records, event(1, 'ticket.updated', { ticket: ticket('t1', 4) }));
  expect(records.tickets.get('t1')?.subject).toBe('v5');
});

test('messages stand in the order of their position, whatever order they came in', () => {
  const records = emptyRecords();
  applyEvent(records, event(1, 'message.received', { message: message('m3', 3, 1) }));
  applyEvent(records, event(2, 'message.received', { message: message('m1', 1, 1) }));
  putMessages(records, 't0', [message('m2', 2, 1)]);
  expect(records.messageIds.get('t0')).toEqual(['m1', 'm2', 'm3']);
});

test('a light customer keeps the fields that a full one brought', () => {
  const records = emptyRecords();
  putCustomer(records, { id: 'k', name: 'Mia', city: 'Lyon', version: 1 });
  putCustomer(records, { id: 'k', name: 'Mia Laurent' });
  expect(records.customers.get('k')).toEqual({ id: 'k', name: 'Mia Laurent', city: 'Lyon', version: 1 });
});

test('a system line is added once, and only to tickets that were opened', () => {
  const records = emptyRecords();
  putTimeline(records, 't1', []);
  const assigned = (id: string) =>
    event(7, 'ticket.assigned', { ticket: ticket(id, 2), change: { assignee_id: [null, 'u1'] } });
  applyEvent(records, assigned('t1'));
  applyEvent(records, assigned('t1'));
  applyEvent(records, assigned('t2'));
  expect(records.timeline.get('t1')?.map((line) => line.seq)).toEqual([7]);
  expect(records.timeline.has('t2')).toBe(false);
});

test('a deleted macro leaves the catalogue', () => {
  const records = emptyRecords();
  applyEvent(records, event(1, 'macro.updated', { id: 'x', name: 'Cancel', is_deleted: false }));
  expect(records.macros.get('x')?.name).toBe('Cancel');
  applyEvent(records, event(2, 'macro.updated', { id: 'x', name: 'Cancel', is_deleted: true }));
  expect(records.macros.size).toBe(0);
});

test('an unknown type of event changes nothing and breaks nothing', () => {
  const records = emptyRecords();
  applyEvent(records, event(1, 'spaceship.launched', { fuel: 3 }));
  expect(plain(records)).toEqual(plain(emptyRecords()));
});

const someEvent = fc.record({
  id: fc.integer({ min: 0, max: 4 }),
  version: fc.integer({ min: 1, max: 30 }),
  isMessage: fc.boolean(),
});

test('events in any order and any number of times end in the same state', () => {
  fc.assert(
    fc.property(fc.array(someEvent, { maxLength: 40 }), fc.infiniteStream(fc.nat()), (made, random) => {
      const events = made.map(({ id, version, isMessage }, index) =>
        isMessage
          ? event(index + 1, 'message.delivery_changed', { message: message(`m${id}`, id, version) })
          : event(index + 1, 'ticket.updated', { ticket: ticket(`t${id}`, version) }),
      );
      const once = emptyRecords();
      for (const each of events) applyEvent(once, each);
      const shuffled = emptyRecords();
      const doubled = [...events, ...events].map((each) => ({ each, key: random.next().value as number }));
      for (const { each } of doubled.sort((a, b) => a.key - b.key)) applyEvent(shuffled, each);
      expect(plain(shuffled)).toEqual(plain(once));
    }),
  );
});
