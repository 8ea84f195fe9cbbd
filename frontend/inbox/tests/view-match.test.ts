import { expect, test } from 'vitest';
import { matches } from '$lib/view-match';
import { ticket } from '../../shared/live/tests/make';

const asker = { userId: 'u1' };
const leaf = (field: string, operator: string, value?: unknown) => ({ field, operator, value });

test('my queue holds my open tickets only', () => {
  const mine = { all: [leaf('ticket.status', 'is', 'open'), leaf('ticket.assignee', 'is', 'me')] };
  expect(matches(ticket('a', 1, { assignee_id: 'u1' }), mine, asker)).toBe(true);
  expect(matches(ticket('a', 1, { assignee_id: 'u2' }), mine, asker)).toBe(false);
  expect(matches(ticket('a', 1, { assignee_id: 'u1', status: 'closed' }), mine, asker)).toBe(false);
});

test('tags, emptiness and groups are judged as on the server', () => {
  const tagged = ticket('a', 1, { tags: ['wismo', 'vip'] });
  expect(matches(tagged, leaf('ticket.tags', 'contains_any_of', ['wismo', 'x']), asker)).toBe(true);
  expect(matches(tagged, leaf('ticket.tags', 'contains_all_of', ['wismo', 'x']), asker)).toBe(false);
  expect(matches(tagged, leaf('ticket.tags', 'contains_none_of', ['x']), asker)).toBe(true);
  expect(matches(tagged, leaf('ticket.assignee', 'is_empty'), asker)).toBe(true);
  expect(matches(tagged, { not: leaf('ticket.priority', 'is', 'urgent') }, asker)).toBe(true);
  expect(matches(tagged, {}, asker)).toBe(true);
});

test('what only the server can tell is unknown, unless another part decides', () => {
  const words = leaf('ticket.subject', 'starts_with', 'Re');
  const closed = leaf('ticket.status', 'is', 'closed');
  expect(matches(ticket('a', 1), words, asker)).toBeNull();
  expect(matches(ticket('a', 1), { all: [words, closed] }, asker)).toBe(false);
  expect(matches(ticket('a', 1), { any: [words, { not: closed }] }, asker)).toBe(true);
  expect(matches(ticket('a', 1), leaf('customer.is_vip', 'is', true), asker)).toBeNull();
});
