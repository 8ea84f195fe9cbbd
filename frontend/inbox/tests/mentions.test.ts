import type { Team, User } from '@aftercare/api';
import { describe, expect, test } from 'vitest';
import {
  findMentionables,
  mentionables,
  mentionAt,
  splitMentions,
  stillMentioned,
} from '../src/features/mentions/mentions';

function person(id: string, name: string, more: Partial<User> = {}): User {
  const email = `${id}@shop.example`;
  return {
    id,
    name,
    email,
    initials: 'XX',
    avatar_url: null,
    role: 'agent',
    team_ids: [],
    is_active: true,
    ...more,
  } as User;
}
const orders = { id: 'orders', name: 'Orders' } as Team;

describe('the @ before the caret', () => {
  test.each([
    ['@', 1, { start: 0, query: '' }],
    ['Hi @Zo', 6, { start: 3, query: 'Zo' }],
    ['Hi @Zoë Ma', 10, { start: 3, query: 'Zoë Ma' }],
    ['(@bo', 4, { start: 1, query: 'bo' }],
    ['mia@posteo', 10, null],
    ['@ bo', 4, null],
    ['@bo\nand', 7, null],
    ['@bo and', 3, { start: 0, query: 'bo' }],
  ])('%j at %i', (text, caret, wanted) => {
    expect(mentionAt(text, caret)).toEqual(wanted);
  });
});

describe('who can be mentioned', () => {
  const people = [
    person('bo', 'Bo Larsen', { team_ids: ['orders'] }),
    person('zoe', 'Zoë Marchetti'),
    person('left', 'Left Already', { is_active: false }),
  ];

  test('everybody who works here but oneself, then teams with their size', () => {
    const all = mentionables(people, [orders], 'zoe');
    expect(all.map((one) => [one.kind, one.name, one.hint])).toEqual([
      ['user', 'Bo Larsen', 'bo@shop.example'],
      ['team', 'Orders', '1'],
    ]);
  });

  test('on a private team’s ticket only its members and admins', () => {
    const closed = { ...orders, is_private: true } as Team;
    const all = mentionables([...people, person('ana', 'Ana', { role: 'admin' })], [closed], undefined, {
      team_id: 'orders',
    });
    expect(all.filter((one) => one.kind === 'user').map((one) => one.name)).toEqual(['Ana', 'Bo Larsen']);
  });

  test('accents need not be typed, and the beginning of a name wins', () => {
    const all = mentionables([...people, person('amazon', 'Jo Amazoe')], [], undefined);
    expect(findMentionables(all, 'zoe').map((one) => one.id)).toEqual(['zoe', 'amazon']);
    expect(findMentionables(all, 'march').map((one) => one.id)).toEqual(['zoe']);
    expect(findMentionables(all, 'xyz')).toEqual([]);
  });
});

test('a name that was deleted from the text is not mentioned, one named twice is mentioned once', () => {
  const bo = { id: 'bo', name: 'Bo Larsen' };
  const zoe = { id: 'zoe', name: 'Zoë' };
  expect(stillMentioned('@Bo Larsen and @Bo Larsen', [bo, zoe, bo])).toEqual([bo]);
});

test('the longest name is marked where two begin alike, and other text is left alone', () => {
  const bo = { kind: 'user', id: '1', name: 'Bo' } as const;
  const boLarsen = { kind: 'user', id: '2', name: 'Bo Larsen' } as const;
  expect(splitMentions('Hi @Bo Larsen, @Bo, bo@x', [bo, boLarsen])).toEqual([
    { text: 'Hi ', mention: null },
    { text: '@Bo Larsen', mention: boLarsen },
    { text: ', ', mention: null },
    { text: '@Bo', mention: bo },
    { text: ', bo@x', mention: null },
  ]);
});
