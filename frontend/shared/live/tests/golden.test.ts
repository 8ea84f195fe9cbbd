import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LiveEvent } from '../src/events';
import { applyEvent, emptyRecords, putMessages, type LiveRecords } from '../src/records';

type Tables = Record<string, Record<string, { id: string; name?: string; ticket_id?: string }>>;
interface Trace {
  before: Tables;
  events: LiveEvent[];
  after: Tables;
}

const folder = join(import.meta.dirname, '../../../../tests/golden/live');
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];

function load(tables: Tables): LiveRecords {
  const records = emptyRecords();
  const byTable = records as unknown as Record<string, Map<string, unknown>>;
  for (const [table, rows] of Object.entries(tables)) {
    for (const [key, row] of Object.entries(rows)) byTable[table]?.set(key, row);
  }
  for (const message of [...records.messages.values()]) putMessages(records, message.ticket_id, [message]);
  return records;
}

/** A macro's folder is not in the event; the palette loads it with the macro. */
function comparable(records: LiveRecords): unknown {
  const macros = [...records.macros.values()].map(({ id, name }) => ({ id, name }));
  return { ...records, macros };
}

// Written by the server's own tests: state before + events = state of a fresh load.
describe.skipIf(files.length === 0)('traces recorded by the server', () => {
  test.each(files)('%s', (name) => {
    const trace = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Trace;
    const lived = load(trace.before);
    for (const event of trace.events) applyEvent(lived, event);
    expect(comparable(lived)).toEqual(comparable(load(trace.after)));
    for (const event of trace.events) applyEvent(lived, event);
    expect(comparable(lived)).toEqual(comparable(load(trace.after)));
  });
});

if (files.length === 0) test.skip('no traces in tests/golden/live', () => undefined);
