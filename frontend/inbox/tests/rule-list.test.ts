import type { RuleRecord } from '@aftercare/api/rules.ts';
import { expect, test } from 'vitest';
import { choicesIn, isFound, NO_FILTER, tagsOf, type RuleFilter } from '$features/rules/filtering';
import { movedTo } from '$features/rules/definition';

const STATS = { runs_7d: 0, matched_7d: 0, runs_30d: 0, matched_30d: 0, failed_24h: 0, per_day: [] };
const rule = (said: Partial<RuleRecord>): RuleRecord =>
  ({
    id: said.name,
    description: '',
    summary: '',
    triggers: ['message.received'],
    conditions: {},
    actions: [],
    else_actions: [],
    mode: 'on',
    live_version: 1,
    draft: null,
    paused_at: null,
    stats: STATS,
    ...said,
  }) as RuleRecord;

const TAGGER = rule({
  name: 'Urgent cancellation',
  summary: 'When a message comes in',
  actions: [{ type: 'add_tags', params: { tags: ['cancellation'] } }] as RuleRecord['actions'],
  conditions: { all: [{ not: { any: [{ field: 'ticket.tags', operator: 'x', value: ['no-auto'] }] } }] },
});
const FAILING = rule({ name: 'Tell them', mode: 'shadow', stats: { ...STATS, failed_24h: 2 } });
const DRAFT = rule({
  name: 'Old name',
  live_version: 0,
  mode: 'off',
  draft: {
    definition: { ...TAGGER, name: 'New name', triggers: ['schedule'], conditions: {} },
    summary: '',
  } as unknown as RuleRecord['draft'],
});
const PAUSED = rule({ name: 'Too eager', mode: 'off', paused_at: '2026-11-22T10:00:00Z' });
const ALL = [TAGGER, FAILING, DRAFT, PAUSED];
const found = (said: Partial<RuleFilter>) =>
  ALL.filter((each) => isFound(each, { ...NO_FILTER, ...said })).map(({ name }) => name);

test('rules are found by words, state, trigger, what they do and their tags', () => {
  expect(found({})).toHaveLength(4);
  expect(found({ words: 'URGENT comes' })).toEqual(['Urgent cancellation']);
  expect(found({ words: 'new name' })).toEqual(['Old name']);
  expect(found({ state: 'failing' })).toEqual(['Tell them']);
  expect(found({ state: 'shadow' })).toEqual(['Tell them']);
  expect(found({ state: 'draft' })).toEqual(['Old name']);
  expect(found({ state: 'paused' })).toEqual(['Too eager']);
  expect(found({ trigger: 'schedule' })).toEqual(['Old name']);
  expect(found({ action: 'add_tags' })).toEqual(['Urgent cancellation', 'Old name']);
  expect(found({ tag: 'no-auto' })).toEqual(['Urgent cancellation']);
  expect(found({ tag: 'no-auto', words: 'eager' })).toEqual([]);
});

test('only what some rule has can be chosen', () => {
  expect(tagsOf(TAGGER)).toEqual(['cancellation', 'no-auto']);
  expect(choicesIn([TAGGER])).toEqual({
    states: ['on'],
    triggers: ['message.received'],
    actions: ['add_tags'],
    tags: ['cancellation', 'no-auto'],
  });
});

test('a rule is dropped where it was let go', () => {
  expect(movedTo(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
  expect(movedTo(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
  expect(movedTo(['a'], 3, 0)).toEqual(['a']);
});
