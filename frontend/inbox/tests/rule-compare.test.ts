import type { Definition } from '@aftercare/api/rules.ts';
import { useWords } from '@aftercare/ui';
import { en } from '@aftercare/ui/words/en';
import { expect, test } from 'vitest';
import { linesOf, pairsOf } from '$features/rules/compare';
import type { Known } from '$features/rules/sentence';

useWords('en', {}, en);
const KNOWN: Known = { words: { triggers: [], fields: [], actions: [] }, choices: {}, macros: [] };
const V7: Definition = {
  name: 'Urgent',
  description: '',
  triggers: ['message.received'],
  wait: null,
  schedule: null,
  conditions: { all: [{ field: 'order.is_late', operator: 'is_present', if_missing: false }] },
  actions: [{ type: 'add_tags', params: { tags: ['urgent'] } }],
  else_actions: [],
  stop_after: false,
  runs_on_automatic: false,
  once_per_ticket_hours: 0,
  limits: {},
};

test('UX 49: two versions stand beside each other, what changed marked line by line', () => {
  const v8: Definition = {
    ...V7,
    actions: [
      { type: 'add_tags', params: { tags: ['urgent', 'storno'] } },
      { type: 'set_priority', params: { priority: 'high' } },
    ],
    once_per_ticket_hours: 24,
  };
  const said = pairsOf(linesOf(V7, KNOWN), linesOf(v8, KNOWN)).map(
    ({ kind, before, after }) => `${kind}: ${before?.text ?? ''} | ${after?.text ?? ''}`,
  );
  expect(said).toContain('same: When | When');
  expect(said.slice(-3)).toEqual([
    'changed: Add tags: urgent | Add tags: urgent, storno',
    'added:  | Set priority: High',
    'added:  | Once per ticket in 24 hours',
  ]);
  expect(said.filter((line) => !line.startsWith('same'))).toHaveLength(3);
});

test('the same version differs in nothing, and what counts where something is missing is a part of it', () => {
  const lines = linesOf(V7, KNOWN);
  expect(pairsOf(lines, lines).every(({ kind }) => kind === 'same')).toBe(true);
  const other = { ...V7, conditions: { all: [{ field: 'order.is_late', operator: 'is_present' }] } };
  const kinds = pairsOf(lines, linesOf(other, KNOWN)).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind !== 'same')).toEqual(['changed']);
  expect(pairsOf([], lines).every(({ kind }) => kind === 'added')).toBe(true);
});
