import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { applyEvent } from '@aftercare/live';
import { useWords } from '@aftercare/ui';
import { en } from '@aftercare/ui/words/en';
import { App } from '$lib/app.svelte';
import { changeTicket } from '$lib/change-ticket';
import { event, ticket } from '../../shared/live/tests/make';

useWords('en', {}, en);

let sent: { body: Record<string, unknown>; seen: string | null }[] = [];
let answers: (() => Promise<Response>)[] = [];
const offline = () => Promise.reject(new TypeError('offline'));
const json =
  (body: unknown, status = 200) =>
  () =>
    Promise.resolve(new Response(JSON.stringify(body), { status }));
const settled = () => new Promise((resolve) => setTimeout(resolve));
const conflict = (now: unknown) => json({ code: 'version_conflict', detail: 'Changed', ticket: now }, 409);

beforeEach(() => {
  localStorage.clear();
  sent = [];
  answers = [];
  vi.stubGlobal('fetch', (_path: string, init: RequestInit) => {
    const headers = init.headers as Record<string, string>;
    sent.push({ body: JSON.parse(String(init.body)), seen: headers['If-Match'] ?? null });
    return (answers.shift() ?? offline)();
  });
});
afterEach(() => vi.unstubAllGlobals());

function appWith(version = 3): App {
  const app = new App();
  app.records.tickets.set('t1', ticket('t1', version, { status: 'open', priority: 'normal' }));
  return app;
}
const shown = (app: App) => app.records.tickets.get('t1');

test('a change is on screen at once and stays through events that know nothing of it', async () => {
  const app = appWith();
  let answer: (response: Response) => void = () => undefined;
  answers = [() => new Promise((resolve) => (answer = resolve))];
  const made = changeTicket(app, 't1', { status: 'closed' });
  expect(shown(app)?.status).toBe('closed');
  applyEvent(app.records, event(1, 'ticket.updated', { ticket: ticket('t1', 4, { subject: 'New' }) }));
  expect(shown(app)).toMatchObject({ status: 'closed', subject: 'New' });
  answer(new Response(JSON.stringify(ticket('t1', 5, { subject: 'New', status: 'closed' }))));
  expect(await made).toBe(true);
  expect(shown(app)).toMatchObject({ status: 'closed', version: 5 });
});

test('a refusal takes the change back and says why', async () => {
  const app = appWith();
  answers = [json({ code: 'not_allowed', detail: 'You may not do this.' }, 403)];
  expect(await changeTicket(app, 't1', { status: 'closed' })).toBe(false);
  expect(shown(app)?.status).toBe('open');
  expect(app.toasts.shown.map((toast) => toast.text)).toEqual(['You may not do this.']);
});

test('changes of a ticket made offline survive a reload and leave in their order', async () => {
  const before = appWith();
  await changeTicket(before, 't1', { status: 'closed' });
  await changeTicket(before, 't1', { tags_add: ['late'] });
  await settled();
  expect(before.changes.count).toBe(2);

  sent = [];
  const after = appWith();
  after.changes.start();
  expect(shown(after)).toMatchObject({ status: 'closed', tags: ['late'] });
  answers = [
    json(ticket('t1', 4, { status: 'closed' })),
    conflict(ticket('t1', 4, { status: 'closed' })),
    json(ticket('t1', 5, { status: 'closed', tags: ['late'] })),
  ];
  after.changes.flush();
  await settled();
  await settled();
  expect(sent.map(({ body, seen }) => [body.status ?? body.tags_add, seen])).toEqual([
    ['closed', '"3"'],
    [['late'], '"3"'],
    [['late'], '"4"'],
  ]);
  expect(after.changes.count).toBe(0);
  expect(localStorage.length).toBe(0);
});

test('what a colleague changed meanwhile is told and not overwritten', async () => {
  const app = appWith();
  await changeTicket(app, 't1', { status: 'closed' });
  const byJonas = ticket('t1', 4, { status: 'snoozed' });
  app.records.timeline.set('t1', []);
  const change = { status: ['open', 'snoozed'] as [unknown, unknown] };
  const told = { ...event(9, 'ticket.status_changed', { ticket: byJonas, change }), actor: null };
  applyEvent(app.records, { ...told, actor: { type: 'agent', id: 'j', name: 'Jonas' } });
  answers = [conflict(byJonas), json(ticket('t1', 5, { status: 'closed' }))];
  app.changes.flush();
  await settled();
  expect(shown(app)?.status).toBe('snoozed');
  const toast = app.toasts.shown[0];
  expect(toast?.text).toBe('Status changed by Jonas meanwhile. Yours was not applied.');
  toast?.action?.();
  await settled();
  expect(sent.at(-1)).toMatchObject({ body: { status: 'closed' }, seen: null });
  expect(shown(app)?.status).toBe('closed');
});

test('a colleague’s change of something else is no conflict', async () => {
  const app = appWith();
  await changeTicket(app, 't1', { priority: 'high' });
  const now = ticket('t1', 4, { status: 'closed', priority: 'normal' });
  answers = [conflict(now), json({ ...now, priority: 'high', version: 5 })];
  app.changes.flush();
  await settled();
  expect(sent.map((each) => each.seen)).toEqual([null, '"3"', '"4"']);
  expect(shown(app)).toMatchObject({ status: 'closed', priority: 'high' });
  expect(app.toasts.shown).toEqual([]);
});

test('a server in trouble is not a refusal: the change waits', async () => {
  const app = appWith();
  answers = [json({ code: 'internal', detail: 'Something went wrong' }, 500)];
  expect(await changeTicket(app, 't1', { status: 'closed' })).toBe(true);
  expect(shown(app)?.status).toBe('closed');
  expect(app.changes.count).toBe(1);
});
