import { expect, test } from 'vitest';
import {
  fromWire,
  isGroup,
  move,
  newGroup,
  pathsOf,
  replace,
  toWire,
  type Leaf,
} from '$features/conditions/tree';
import { pieces } from '$features/search/highlight';
import { groupKey, orderBy, placeFor } from '$features/ticket-list/ticket-order';
import { chipsOf, joinQuery, splitQuery, takeFinished, withoutToken } from '$lib/query-tokens';
import { Selection } from '$lib/selection.svelte';
import { ticket } from '../../shared/live/tests/make';

const order = ['a', 'b', 'c', 'd', 'e'];

test('a range goes from the row picked last, in either direction', () => {
  const selection = new Selection();
  selection.toggle('d');
  selection.extendTo('b', order);
  expect([...selection.ids].sort()).toEqual(['b', 'c', 'd']);
  selection.toggle('c');
  expect(selection.target).toEqual({ kind: 'ids', ids: ['d', 'b'], count: 2 });
});

test('a whole view is picked by its filter, and some can be taken out of it again', () => {
  const selection = new Selection();
  selection.pickWhole({ view: 'all', q: 'tag:vip' }, 128);
  selection.toggle('b');
  selection.drop(['c']);
  expect([selection.has('a'), selection.has('b'), selection.count]).toEqual([true, false, 127]);
  expect(selection.target).toEqual({
    kind: 'filter',
    filter: { view: 'all', q: 'tag:vip' },
    except: ['b'],
    count: 127,
  });
  selection.toggle('b');
  expect(selection.count).toBe(128);
  selection.clear();
  expect(selection.isEmpty).toBe(true);
});

test('tickets that left the list are not picked any more', () => {
  const selection = new Selection();
  selection.pickAll(order);
  selection.drop(['a', 'e', 'x']);
  expect(selection.count).toBe(3);
});

test('a query splits at spaces outside quotes', () => {
  const found = splitQuery(' is:open customer:"Mia Laurent"  -tag:vip cancel "my order');
  expect(found.map(({ text, key, isClosed }) => [text, key, isClosed])).toEqual([
    ['is:open', 'is', true],
    ['customer:"Mia Laurent"', 'customer', true],
    ['-tag:vip', 'tag', true],
    ['cancel', null, true],
    ['"my order', null, false],
  ]);
});

test('fields become chips after a space; words, unfinished fields and groups stay text', () => {
  expect(takeFinished([], 'cancel tag:vip ')).toEqual({ chips: ['tag:vip'], text: 'cancel ' });
  expect(takeFinished([], 'tag:vip')).toEqual({ chips: [], text: 'tag:vip' });
  expect(takeFinished([], 'customer:"Mia L ')).toEqual({ chips: [], text: 'customer:"Mia L ' });
  expect(takeFinished([], 'tag: ')).toEqual({ chips: [], text: 'tag: ' });
  expect(takeFinished([], '(tag:a OR tag:b) ').chips).toEqual([]);
  expect(chipsOf('is:open refund tag:a')).toEqual({ chips: ['is:open', 'tag:a'], text: 'refund' });
  expect(joinQuery({ chips: ['is:open'], text: ' refund ' })).toBe('is:open refund');
  expect(withoutToken('is:open -tag:vip refund', '-tag:vip')).toBe('is:open refund');
});

const leaf = (field: string, value: unknown) => ({ field, operator: 'is', value });
const wire = {
  all: [
    leaf('ticket.status', 'open'),
    { any: [leaf('ticket.priority', 'urgent'), { not: { any: [leaf('ticket.team', 'x')] } }] },
  ],
};

test('a tree is the same after it was opened and saved; NONE is “not any”', () => {
  expect(toWire(fromWire(wire))).toEqual(wire);
  expect(toWire(fromWire({ not: leaf('a', 1) }))).toEqual({ not: { any: [leaf('a', 1)] } });
  expect(toWire(fromWire({ none: [leaf('a', 1)] }))).toEqual({ not: { any: [leaf('a', 1)] } });
  expect(toWire(fromWire({}))).toEqual({ all: [] });
  expect(toWire(fromWire(leaf('a', 1)))).toEqual({ all: [leaf('a', 1)] });
});

test('every node has the place by which the server names it', () => {
  const tree = fromWire(wire);
  expect([...pathsOf(tree).values()]).toEqual([
    'conditions',
    'conditions.all.0',
    'conditions.all.1',
    'conditions.all.1.any.0',
    'conditions.all.1.any.1',
    'conditions.all.1.any.1.not.any.0',
  ]);
});

test('conditions move up and down, into the group before them and out again', () => {
  const one = { id: 1001, ...leaf('one', 1) } as Leaf;
  const two = { id: 1002, ...leaf('two', 2) } as Leaf;
  const inner = newGroup('any', [{ id: 1003, ...leaf('three', 3) } as Leaf]);
  const root = newGroup('all', [one, inner, two]);
  expect(move(root, 1001, 'up')).toBe(root);
  expect(move(root, 1001, 'down').children.map((each) => each.id)).toEqual([inner.id, 1001, 1002]);
  const inside = move(root, 1002, 'in');
  expect(inside.children).toHaveLength(2);
  const group = inside.children[1];
  expect(group && isGroup(group) && group.children.map((each) => each.id)).toEqual([1003, 1002]);
  expect(move(inside, 1002, 'out').children.map((each) => each.id)).toEqual([1001, inner.id, 1002]);
  expect(replace(root, 1001, () => null).children).toHaveLength(2);
});

test('a ticket is put where the order wants it, group by group', () => {
  const names: Record<string, string> = { u1: 'Ana', u2: 'Zoe' };
  const by = orderBy('newest', 'assignee', (id) => names[id] ?? '');
  const at = (minute: number) => `2026-01-01T00:${String(minute).padStart(2, '0')}:00Z`;
  const ordered = [
    ticket('n', 1, { assignee_id: null, last_message_at: at(1) }),
    ticket('a', 1, { assignee_id: 'u1', last_message_at: at(5) }),
    ticket('b', 1, { assignee_id: 'u1', last_message_at: at(3) }),
    ticket('z', 1, { assignee_id: 'u2', last_message_at: at(9) }),
  ];
  expect([...ordered].reverse().sort(by)).toEqual(ordered);
  const late = ticket('c', 1, { assignee_id: 'u1', last_message_at: at(4) });
  expect(placeFor(late, ordered, by)).toBe(2);
  expect(groupKey(late, 'assignee', (id) => names[id] ?? '')).toBe('Ana u1');
});

test('who waits longest comes first, who does not wait comes last', () => {
  const by = orderBy('waiting', '', () => '');
  const found = [
    ticket('never', 1, { waiting_since: null }),
    ticket('short', 1, { waiting_since: '2026-01-02T00:00:00Z' }),
    ticket('long', 1, { waiting_since: '2026-01-01T00:00:00Z' }),
  ].sort(by);
  expect(found.map((each) => each.id)).toEqual(['long', 'short', 'never']);
});

test('marks never swallow or double a letter, whatever the spans', () => {
  const text = 'cancel my order';
  const join = (spans: [number, number][]) =>
    pieces({ text, spans })
      .map((piece) => piece.text)
      .join('');
  expect(pieces({ text, spans: [[0, 6]] })[0]).toEqual({ text: 'cancel', isMarked: true });
  for (const spans of [
    [
      [10, 15],
      [0, 6],
    ],
    [
      [0, 6],
      [3, 9],
    ],
    [[5, 99]],
    [[4, 4]],
  ] as [number, number][][])
    expect(join(spans)).toBe(text);
});
