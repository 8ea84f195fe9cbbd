import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LiveEvent } from '../src/events';
import {
  applyEvent,
  emptyRecords,
  putCustomer,
  putMessage,
  putTicket,
  type LiveRecords,
} from '../src/records';
import type { LightCustomer, Message, Ticket } from '@aftercare/api';

interface Trace {
  before: Snapshot;
  events: LiveEvent[];
  after: Snapshot;
}
interface Snapshot {
  tickets?: Ticket[];
  messages?: Message[];
  customers?: LightCustomer[];
}

const folder = join(import.meta.dirname, '../../../../tests/golden/live/');
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];

function load(snapshot: Snapshot): LiveRecords {
  const records = emptyRecords();
  for (const each of snapshot.customers ?? []) putCustomer(records, each);
  for (const each of snapshot.tickets ?? []) putTicket(records, each);
  for (const each of snapshot.messages ?? []) putMessage(records, each);
  return records;
}

const byId = <T>(records: Map<string, T>) =>
  Object.fromEntries([...records].sort(([a], [b]) => (a < b ? -1 : 1)));

// Written by the server's own tests: state before + events = state of a fresh load.
describe.skipIf(files.length === 0)('traces recorded by the server', () => {
  test.each(files)('%s', (name) => {
    const trace = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Trace;
    const lived = load(trace.before);
    for (const each of trace.events) applyEvent(lived, each);
    const fresh = load(trace.after);
    expect(byId(lived.tickets)).toEqual(byId(fresh.tickets));
    expect(byId(lived.messages)).toEqual(byId(fresh.messages));
    expect(byId(lived.customers)).toEqual(byId(fresh.customers));
  });
});

if (files.length === 0) test.skip('no traces in tests/golden/live', () => undefined);
