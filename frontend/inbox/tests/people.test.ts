import type { Notification } from '@aftercare/api';
import { describe, expect, test } from 'vitest';
import { deviceOf, flipped, matrixOf, quietHoursOf } from '../src/features/me/settings';
import { byTicket } from '../src/features/notifications/sentence';
import { loudOf } from '../src/features/notifications/tell';
import { choiceOf, settingsOf } from '$lib/appearance.svelte';

const AT = '2026-11-22T10:00:00Z';

function news(id: string, ticketId: string, part: Partial<Notification> = {}): Notification {
  return {
    id,
    kind: 'assigned',
    ticket_id: ticketId,
    ticket_number: 1,
    ticket_subject: 'Parcel',
    customer_name: 'Mia',
    channel_id: null,
    channel_name: '',
    store_id: null,
    store_name: '',
    order_action_id: null,
    order_number: '',
    message_id: null,
    actor: { type: 'agent', id: 'a', name: 'Ada' },
    preview: '',
    channels: ['in_app', 'desktop', 'sound'],
    is_listed: true,
    created_at: AT,
    read_at: null,
    ...part,
  };
}

describe('what of the news is loud', () => {
  const now = Date.parse(AT) + 1_000;

  test('a page in the background shows it on the desktop and rings', () => {
    const loud = loudOf([news('1', 't')], { now, isLooking: false, openTicketId: 't' });
    expect([loud.desktop.length, loud.hasSound]).toEqual([1, true]);
  });

  test('the ticket one looks at is quiet, another one only rings', () => {
    expect(loudOf([news('1', 't')], { now, isLooking: true, openTicketId: 't' })).toEqual({
      desktop: [],
      hasSound: false,
    });
    const other = loudOf([news('1', 'u')], { now, isLooking: true, openTicketId: 't' });
    expect([other.desktop.length, other.hasSound]).toEqual([0, true]);
  });

  test('what comes late, from catching up, and what was not asked for is quiet', () => {
    const late = { now: now + 3 * 60_000, isLooking: false, openTicketId: undefined };
    expect(loudOf([news('1', 't')], late).desktop).toEqual([]);
    const unasked = news('1', 't', { channels: ['in_app'] });
    expect(loudOf([unasked], { now, isLooking: false, openTicketId: undefined })).toEqual({
      desktop: [],
      hasSound: false,
    });
  });
});

test('the list has one group per ticket, the newest on top', () => {
  const list = [
    news('1', 'a', { created_at: '2026-11-22T09:00:00Z' }),
    news('2', 'b', { created_at: '2026-11-22T09:30:00Z' }),
    news('3', 'a', { created_at: '2026-11-22T09:40:00Z' }),
  ];
  const groups = byTicket(list, (id) => id !== '1');
  expect(groups.map((group) => [group.ticketId, group.items.map((one) => one.id), group.unread])).toEqual([
    ['a', ['3', '1'], 1],
    ['b', ['2'], 1],
  ]);
});

test('flipping one cell keeps the rest of its row and other rows that were chosen', () => {
  const settings = { notifications: { low_csat: { in_app: false } } };
  const next = { notifications: flipped(settings, 'assigned', 'email') };
  expect(matrixOf(next).assigned).toEqual({ in_app: true, desktop: true, sound: true, email: false });
  expect(matrixOf(next).low_csat.in_app).toBe(false);
  expect(matrixOf(next).new_unassigned).toEqual({
    in_app: false,
    desktop: false,
    sound: false,
    email: false,
  });
});

test('quiet hours have an evening and a morning until others are chosen', () => {
  expect(quietHoursOf({ quiet_hours: { is_on: true, from: '22:00' } })).toEqual({
    is_on: true,
    from: '22:00',
    to: '08:00',
    days: [0, 1, 2, 3, 4, 5, 6],
  });
});

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox', 'Linux', false],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19 Mobile Safari/604',
    'Safari',
    'iPhone',
    true,
  ],
  ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/142 Safari/537 Edg/142', 'Edge', 'Windows', false],
  ['curl/8', null, null, false],
])('%s', (agent, browser, system, isPhone) => {
  expect(deviceOf(agent)).toEqual({ browser, system, isPhone });
});

test('the look survives the way to the server and back', () => {
  const choice = {
    theme: 'dark',
    density: 'compact',
    textSize: 'large',
    language: 'de',
    hasSingleKeys: false,
  } as const;
  expect(choiceOf(settingsOf(choice))).toEqual(choice);
  expect(choiceOf({})).toEqual({});
});
