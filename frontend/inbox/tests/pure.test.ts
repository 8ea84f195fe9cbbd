import { expect, test } from 'vitest';
import { rankMacros } from '$features/macros/rank';
import { compareTickets } from '$features/ticket-list/ticket-order';
import { splitLinks } from '$features/ticket/links';
import { reverseOf } from '$lib/change-ticket';
import { snoozeChoices } from '$lib/snooze';
import { useWords } from '@aftercare/ui';
import { en } from '@aftercare/ui/words/en';
import { ticket } from '../../shared/live/tests/make';

useWords('en', {}, en);

test('urgent stands on top, then the newest, and ties are settled by id', () => {
  const old = ticket('a', 1, { priority: 'urgent', last_message_at: '2026-11-01T00:00:00Z' });
  const fresh = ticket('b', 1, { last_message_at: '2026-11-21T00:00:00Z' });
  const twin = ticket('c', 1, { last_message_at: '2026-11-21T00:00:00Z' });
  expect([fresh, old, twin].sort((a, b) => compareTickets(a, b, 'queue')).map((each) => each.id)).toEqual([
    'a',
    'c',
    'b',
  ]);
  expect([old, fresh].sort((a, b) => compareTickets(a, b, 'newest')).map((each) => each.id)).toEqual([
    'b',
    'a',
  ]);
  expect([fresh, old].sort((a, b) => compareTickets(a, b, 'oldest')).map((each) => each.id)).toEqual([
    'a',
    'b',
  ]);
});

test('undo puts back exactly what was changed', () => {
  const before = ticket('a', 1, { tags: ['vip'], status: 'open' });
  expect(reverseOf(before, { status: 'closed' })).toEqual({ status: 'open' });
  expect(reverseOf(before, { tags_add: ['vip', 'new'] })).toEqual({ tags_remove: ['new'] });
  expect(reverseOf(before, { tags_remove: ['vip', 'x'] })).toEqual({ tags_add: ['vip'] });
});

test('links lead to the web only and leave the full stop outside', () => {
  expect(splitLinks('See https://a.example/x. And javascript:alert(1)')).toEqual([
    { text: 'See ', href: null },
    { text: 'https://a.example/x', href: 'https://a.example/x' },
    { text: '. And javascript:alert(1)', href: null },
  ]);
});

test('a look-alike address shows its true letters', () => {
  expect(splitLinks('https://аpple.example')[0]?.href).toMatch(/^https:\/\/xn--/);
});

test('Monday is the next one, also on a Monday', () => {
  const monday = new Date(2026, 10, 23, 10);
  expect(
    snoozeChoices(monday)
      .find((choice) => choice.id === 'monday')
      ?.at.getDate(),
  ).toBe(30);
});

test('macros that fit the ticket come first, others only when the words match', () => {
  const macros = [
    { id: '1', name: 'Stock', folder: '' },
    { id: '2', name: 'Cancel: done', folder: '' },
  ];
  const about = ticket('a', 1, { tags: ['cancellation'] });
  expect(rankMacros(macros, '', about, []).map((entry) => entry.macro.id)).toEqual(['2', '1']);
  expect(rankMacros(macros, 'sto', about, []).map((entry) => entry.macro.id)).toEqual(['1']);
});
