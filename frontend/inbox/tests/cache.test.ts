import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { putConversation, putKept } from '$lib/cache/conversation';
import { MemoryCupboard, openCupboard } from '$lib/cache/cupboard';
import { Shelf } from '$lib/cache/shelf';
import { CONVERSATIONS_HELD, TICKETS_HELD, trimRecords } from '$lib/cache/trim';
import { emptyRecords, putCustomer, putMessages, putTicket, putTimeline } from '@aftercare/live';
import { store } from '$lib/storage';
import type { Bootstrap, Customer, TicketPage } from '@aftercare/api';
import { message, ticket } from '../../shared/live/tests/make';

let cupboard: MemoryCupboard;
const shelf = (build = 'b1') => new Shelf(build, () => Promise.resolve(cupboard));
const start = (userId: string) => ({ me: { id: userId } }) as unknown as Bootstrap;
const cursor = { cursor: 42, epoch: 'e', rights: 'r' };

beforeEach(() => {
  localStorage.clear();
  cupboard = new MemoryCupboard();
  store('owner', 'ana');
});
afterEach(() => vi.unstubAllGlobals());

test('the next page starts from what this one kept, at the cursor it had', async () => {
  const records = emptyRecords();
  records.tags.set('vip', { id: '1', name: 'vip', description: '' });
  await shelf().keepStart(start('ana'), records, cursor);
  const kept = await shelf().start();
  expect(kept?.bootstrap.event).toEqual(cursor);
  expect(kept?.bootstrap.tags.map((tag) => tag.name)).toEqual(['vip']);
});

test('another build, another person or a week later starts afresh', async () => {
  await shelf().keepStart(start('ana'), emptyRecords(), cursor);
  expect(await shelf('b2').start()).toBeNull();
  store('owner', 'ben');
  expect(await shelf().start()).toBeNull();
  store('owner', 'ana');
  vi.useFakeTimers({ now: Date.now() + 8 * 24 * 3_600_000 });
  expect(await shelf().start()).toBeNull();
  vi.useRealTimers();
});

test('a page of somebody who signed out in another tab writes nothing any more', async () => {
  localStorage.clear();
  await shelf().keepStart(start('ana'), emptyRecords(), cursor);
  await shelf().keepList('mine', { results: [] } as unknown as TicketPage);
  expect(await cupboard.keys('start')).toEqual([]);
  expect(await cupboard.keys('lists')).toEqual([]);
});

test('wiping leaves no data of the shop; only signing out takes unsent words, too', async () => {
  await shelf().keepStart(start('ana'), emptyRecords(), cursor);
  await cupboard.write('unsent', [['draft', 'Hello']]);
  await shelf().wipe();
  expect(await cupboard.keys('start')).toEqual([]);
  expect(await cupboard.keys('unsent')).toEqual(['draft']);
  await shelf().wipe(true);
  expect(await cupboard.keys('unsent')).toEqual([]);
});

test('a browser that forbids IndexedDB, or never answers, gets memory instead', async () => {
  vi.stubGlobal('indexedDB', undefined);
  expect(await openCupboard()).toBeInstanceOf(MemoryCupboard);
  vi.stubGlobal('indexedDB', { open: () => ({}) });
  vi.useFakeTimers();
  const opening = openCupboard();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await opening).toBeInstanceOf(MemoryCupboard);
  vi.useRealTimers();
});

test('a kept conversation never replaces newer records, and joins what the server tells', async () => {
  const records = emptyRecords();
  putTicket(records, ticket('t0', 3));
  putMessages(records, 't0', [message('m1', 1, 1), message('m2', 2, 1)]);
  putTimeline(records, 't0', []);
  await shelf().keepThread(records, 't0');

  const later = emptyRecords();
  putTicket(later, ticket('t0', 5));
  const kept = await shelf().thread('t0');
  if (kept) putKept(later, kept);
  expect(later.tickets.get('t0')?.version).toBe(5);
  expect(later.messageIds.get('t0')).toEqual(['m1', 'm2']);
});

test('no hole stays between kept messages and the newest page', () => {
  const records = emptyRecords();
  putMessages(records, 't0', [message('m1', 1, 1), message('m2', 2, 1)]);
  const data = {
    ticket: ticket('t0', 9),
    customer: { id: 'k', name: 'Mia' } as Customer,
    messages: [message('m8', 8, 1), message('m9', 9, 1)],
    messages_next: 8,
    timeline: [],
    drafts: [],
  };
  putConversation(records, data);
  expect(records.messageIds.get('t0')).toEqual(['m8', 'm9']);
  putConversation(records, { ...data, messages: [message('m9', 9, 1), message('m10', 10, 1)] });
  expect(records.messageIds.get('t0')).toEqual(['m8', 'm9', 'm10']);
});

test('memory holds 500 conversations and 3,000 tickets; what is on screen stays', () => {
  const records = emptyRecords();
  for (let n = 0; n < TICKETS_HELD + 1_000; n++) {
    putTicket(records, ticket(`t${n}`, 1, { customer_id: `k${n}` }));
    putCustomer(records, { id: `k${n}`, name: 'x' });
    putMessages(records, `t${n}`, [message(`m${n}`, 1, 1, { ticket_id: `t${n}` })]);
  }
  trimRecords(records, new Set(['t0']));
  expect(records.messageIds.size).toBe(CONVERSATIONS_HELD);
  expect(records.messages.size).toBe(CONVERSATIONS_HELD);
  expect(records.tickets.size).toBe(TICKETS_HELD);
  expect(records.customers.size).toBe(TICKETS_HELD);
  expect(records.messageIds.has('t0')).toBe(true);
  expect(records.tickets.has('t0')).toBe(true);
});
