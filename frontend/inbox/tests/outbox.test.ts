import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TicketList } from '$features/ticket-list/ticket-list.svelte';
import { App } from '$lib/app.svelte';
import { emptyDraft } from '$lib/drafts.svelte';
import { useWords } from '@aftercare/ui';
import { en } from '@aftercare/ui/words/en';
import type { OutgoingMessage, User, View } from '@aftercare/api';
import { event, message, ticket } from '../../shared/live/tests/make';

useWords('en', {}, en);

/** The server, as seen through fetch: what was posted, and what it answers next. */
let posted: { method: string; path: string; body: OutgoingMessage }[] = [];
let answer: () => Promise<Response> = () => Promise.reject(new TypeError('offline'));

const json =
  (body: unknown, status = 200) =>
  () =>
    Promise.resolve(
      new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } }),
    );
const settled = () => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
  localStorage.clear();
  posted = [];
  answer = () => Promise.reject(new TypeError('offline'));
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    posted.push({
      method: init.method ?? 'GET',
      path,
      body: JSON.parse(String(init.body ?? '{}')) as OutgoingMessage,
    });
    return answer();
  });
});
afterEach(() => vi.unstubAllGlobals());

const draft = { ...emptyDraft('t0', 'reply'), text: 'Hi Mia' };
const outgoing: OutgoingMessage = { id: 'm1', kind: 'reply', text: 'Hi Mia', last_seen_position: 3 };

test('a sent reply is in the conversation and no longer in the field', async () => {
  const app = new App();
  app.drafts.change(draft);
  answer = json(message('m1', 4, 1, { delivery_state: 'queued' }), 201);
  app.outbox.send(draft, outgoing);
  expect(app.drafts.get('t0', 'reply').text).toBe('');
  await settled();
  expect(app.records.messageIds.get('t0')).toEqual(['m1']);
  expect(app.outbox.pending.size).toBe(0);
  expect(localStorage.getItem('aftercare.outbox.m1')).toBeNull();
});

test('a reply written offline waits, survives a reload and goes under the same id', async () => {
  answer = () => Promise.reject(new TypeError('offline'));
  const before = new App();
  before.outbox.send(draft, outgoing);
  await settled();
  expect(before.outbox.pending.get('m1')?.state).toBe('waiting');

  const after = new App();
  answer = json(message('m1', 4, 1), 200);
  after.outbox.start();
  await settled();
  expect(posted.map((each) => each.body.id)).toEqual(['m1', 'm1']);
  expect(after.outbox.pending.size).toBe(0);
});

test('a reply that waited more than a quarter of an hour asks before it goes', async () => {
  const app = new App();
  app.outbox.send(draft, outgoing);
  await settled();
  const entry = app.outbox.pending.get('m1');
  if (entry) app.outbox.pending.set('m1', { ...entry, queuedAt: Date.now() - 16 * 60_000 });
  app.outbox.flush();
  expect(app.outbox.pending.get('m1')?.state).toBe('stale');
  expect(posted).toHaveLength(1);
});

test('newer messages stop the reply, and it is sent anyway only when asked to', async () => {
  const app = new App();
  const newer = message('m9', 4, 1, { text: 'Never mind' });
  answer = json({ title: 'Newer', status: 409, code: 'newer_messages', messages: [newer] }, 409);
  app.outbox.send(draft, outgoing);
  await settled();
  expect(app.outbox.pending.get('m1')?.state).toBe('blocked');
  expect(app.outbox.pending.get('m1')?.newer[0]?.text).toBe('Never mind');
  answer = json(message('m1', 5, 1), 201);
  app.outbox.sendAnyway('m1');
  await settled();
  expect(posted.at(-1)?.body).toMatchObject({ id: 'm1', send_anyway: true });
});

test('what the server refuses goes back into the field', async () => {
  const app = new App();
  answer = json({ title: 'Missing', status: 422, code: 'missing_values', errors: [] }, 422);
  app.outbox.send(draft, outgoing);
  await settled();
  expect(app.outbox.pending.get('m1')?.state).toBe('refused');
  app.outbox.takeBack('m1');
  expect(app.drafts.get('t0', 'reply').text).toBe('Hi Mia');
  expect(app.outbox.pending.size).toBe(0);
});

test('undo that is asked for before the server has answered takes the reply back all the same', async () => {
  const app = new App();
  let store = (_: Response): void => undefined;
  answer = () => new Promise((resolve) => (store = resolve));
  app.outbox.send(draft, outgoing);
  await settled();
  app.undo.last();
  await settled();
  expect(posted.map((each) => each.path)).toHaveLength(1);
  const withdrawn = message('m1', 4, 2, { delivery_state: 'withdrawn' });
  answer = json({ message: withdrawn, draft: null });
  store(await json(message('m1', 4, 1, { delivery_state: 'held' }), 201)());
  await settled();
  await settled();
  expect(posted.at(-1)?.path).toContain('/messages/m1/withdraw');
  expect(app.records.messages.get('m1')?.delivery_state).toBe('withdrawn');
});

test('undo of a reply that waits for the line puts it back into the field', async () => {
  const app = new App();
  app.outbox.send(draft, outgoing);
  await settled();
  app.undo.last();
  await settled();
  expect(app.drafts.get('t0', 'reply').text).toBe('Hi Mia');
  expect(app.outbox.pending.size).toBe(0);
});

test('a reply that leaves at once cannot be taken back', async () => {
  const app = new App();
  answer = json(message('m1', 4, 1, { delivery_state: 'queued' }), 201);
  app.outbox.send(draft, outgoing);
  await settled();
  app.undo.last();
  await settled();
  expect(posted).toHaveLength(1);
});

test('a lost answer does not leave the message pending when its event arrives', async () => {
  const app = new App();
  answer = () => Promise.reject(new TypeError('lost'));
  app.outbox.send(draft, outgoing);
  await settled();
  app.outbox.seen(event(1, 'message.queued', { message: message('m1', 4, 1) }));
  expect(app.outbox.pending.size).toBe(0);
});

const mine: View = {
  id: 'v',
  slug: 'mine',
  name: 'My queue',
  icon: '',
  section: 'me',
  scope: 'shared',
  owner_id: null,
  team_id: null,
  sort: 'queue',
  group: '',
  columns: [],
  is_shipped: true,
  position: 0,
  conditions: { all: [{ field: 'ticket.status', operator: 'is', value: 'open' }] },
};

function listOf(app: App): TicketList {
  app.me = { id: 'u1', team_ids: [] } as unknown as User;
  return new TicketList(app, { view: mine, q: '', isUnreadOnly: false, sort: 'queue', group: '' });
}

test('a new ticket waits while the pointer rests on the list, then comes in on its place', () => {
  const app = new App();
  const list = listOf(app);
  const take = (id: string, part = {}) => {
    app.records.tickets.set(id, ticket(id, 1, part));
    list.absorb([event(1, 'ticket.created', { ticket: ticket(id, 1, part) })]);
  };
  take('a');
  list.isHeld = true;
  take('b', { priority: 'urgent' });
  expect([list.ids, list.arrived]).toEqual([['a'], ['b']]);
  list.settle();
  expect([list.ids, list.arrived]).toEqual([['b', 'a'], []]);
});

test('a ticket that no longer belongs leaves, but not while it is open', () => {
  const app = new App();
  const list = listOf(app);
  app.records.tickets.set('a', ticket('a', 1));
  list.absorb([event(1, 'ticket.created', { ticket: ticket('a', 1) })]);
  list.openId = 'a';
  app.records.tickets.set('a', ticket('a', 2, { status: 'closed' }));
  list.absorb([event(2, 'ticket.status_changed', { ticket: ticket('a', 2, { status: 'closed' }) })]);
  expect(list.ids).toEqual(['a']);
  list.leave('a');
  expect(list.ids).toEqual([]);
});

test('what was merged, deleted or hidden goes from a list that holds still; what was closed stays', () => {
  const app = new App();
  const list = listOf(app);
  for (const id of ['a', 'b', 'c', 'd'])
    app.records.tickets.set(id, ticket(id, 1, { number: id.charCodeAt(0) }));
  const arrived = ['a', 'b', 'c', 'd'].map((id) => event(1, 'ticket.created', { ticket_id: id }));
  list.absorb(arrived);
  expect(new Set(list.ids)).toEqual(new Set(['a', 'b', 'c', 'd']));
  list.isHeld = true;
  list.openId = 'b';
  app.records.tickets.set('a', ticket('a', 2, { status: 'closed' }));
  app.records.tickets.delete('b');
  app.records.tickets.delete('c');
  app.records.tickets.set('d', ticket('d', 2, { merged_into_id: 'x' }));
  list.absorb([
    event(2, 'ticket.status_changed', { ticket_id: 'a' }),
    event(3, 'ticket.removed', { ticket_id: 'b' }),
    event(4, 'ticket.hidden', { ticket_id: 'c' }),
    event(5, 'ticket.merged', { ticket_id: 'd' }),
  ]);
  expect([list.ids, [...list.left]]).toEqual([['a'], ['a']]);
});
