import type { ConditionField } from '@aftercare/api';
import type { Definition } from '@aftercare/api/rules.ts';
import { useWords } from '@aftercare/ui';
import { de } from '@aftercare/ui/words/de';
import { en } from '@aftercare/ui/words/en';
import { afterEach, expect, test } from 'vitest';
import { fromWire, toWire } from '$features/conditions/tree';
import { barsOf, complaintAt, moved, newAction, withTriggers } from '$features/rules/definition';
import { sentenceOf, type Known } from '$features/rules/sentence';

useWords('en', {}, en);
afterEach(() => useWords('en', {}, en));

const field = (name: string, label: string, type: ConditionField['type']): ConditionField => ({
  name,
  label,
  type,
  choices: [],
  operators: ['is'],
});
const KNOWN: Known = {
  words: {
    triggers: [],
    actions: [],
    fields: [
      field('message.intent', 'Intent', 'choice'),
      field('order.is_fulfilled', 'Order is fulfilled', 'flag'),
      field('order.placed_at', 'Order placed', 'time'),
      field('order.total_minor', 'Order total', 'number'),
      field('ticket.tags', 'Tags', 'set'),
    ],
  },
  choices: { 'ticket.team': [{ value: 'team-1', label: 'Cancellations' }] },
  macros: [{ id: 'macro-1', name: 'We’re on it' }],
};
const leaf = (name: string, operator: string, value: unknown) => ({ field: name, operator, value });
const DEFINITION: Definition = {
  name: 'Urgent cancellation',
  description: '',
  triggers: ['message.received'],
  wait: null,
  schedule: null,
  conditions: {
    all: [
      leaf('message.intent', 'is', 'cancel_order'),
      {
        any: [
          leaf('order.is_fulfilled', 'is', false),
          {
            all: [
              leaf('order.placed_at', 'within_last', '2h'),
              leaf('order.total_minor', 'more_than', 20000),
            ],
          },
        ],
      },
      { not: { any: [leaf('ticket.tags', 'contains_any_of', ['no-auto'])] } },
    ],
  },
  actions: [
    { type: 'add_tags', params: { tags: ['cancellation'] } },
    { type: 'assign_team', params: { team_id: 'team-1' } },
    { type: 'reply_with_macro', params: { macro_id: 'macro-1' } },
  ],
  else_actions: [],
  stop_after: false,
  runs_on_automatic: false,
  once_per_ticket_hours: 0,
  limits: {},
};

test('UX 48: a rule three levels deep is one sentence that names every part', () => {
  expect(sentenceOf(DEFINITION, KNOWN)).toBe(
    'When a message comes in, and message intent is cancel order and ' +
      '(not: order is fulfilled or (order placed is within the last 2 hours and order total is more than 200)) ' +
      'and none of (tags has any of no-auto): ' +
      'add tags: cancellation, assign to a team: Cancellations, reply with a macro: “We’re on it”.',
  );
});

test('the sentence says what happens otherwise, and is in the reader’s language', () => {
  const definition = {
    ...DEFINITION,
    conditions: {},
    else_actions: [{ type: 'set_priority', params: { priority: 'low' } }],
  };
  expect(sentenceOf(definition, KNOWN)).toContain('. Otherwise: set priority: Low.');
  useWords('de', de, en);
  expect(sentenceOf(definition, KNOWN)).toBe(
    'Wenn Folgendes eintritt: Eine Nachricht kommt an. Dann: Tags hinzufügen: cancellation, ' +
      'Team zuweisen: Cancellations, Mit Makro antworten: “We’re on it”. Sonst: Priorität setzen: Niedrig.',
  );
});

test('what counts where something is missing survives editing, and is not said where it was not', () => {
  const said = { all: [{ ...leaf('order.is_fulfilled', 'is', true), if_missing: false }] };
  expect(toWire(fromWire(said))).toEqual(said);
  const unsaid = { all: [leaf('order.is_fulfilled', 'is', true)] };
  expect(toWire(fromWire(unsaid))).toEqual(unsaid);
});

test('actions move among themselves and never out of the list', () => {
  expect(moved(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c']);
  expect(moved(['a', 'b', 'c'], 0, -1)).toEqual(['a', 'b', 'c']);
  expect(moved(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'b', 'c']);
});

test('an occasion that asks for a time brings one, and takes it along when it goes', () => {
  const waiting = withTriggers(DEFINITION, ['no_reply']);
  expect(waiting.wait).toEqual({ after: '2h', since: 'customer_message' });
  expect(withTriggers(waiting, ['manual']).wait).toBeNull();
  expect(withTriggers(DEFINITION, ['schedule']).schedule?.at).toBe('09:00');
});

test('a complaint is heard at its own row only', () => {
  const errors = [{ path: 'actions.1.params.tags', code: 'required', message: 'Choose at least one tag.' }];
  expect(complaintAt(errors, 'actions.1')).toBe('Choose at least one tag.');
  expect(complaintAt(errors, 'actions.10')).toBe('');
  expect(complaintAt(errors, 'else_actions.1')).toBe('');
});

test('an order action proposes until a person says otherwise', () => {
  expect(newAction('order_action').params['mode']).toBe('propose');
});

test('the bars of a week are shares of its busiest day', () => {
  expect(barsOf([0, 2, 4])).toEqual([0, 0.5, 1]);
  expect(barsOf([0, 0])).toEqual([0, 0]);
});
