import { expect, test } from 'vitest';
import { countsIn, diffLines, fileName, lineOf, placeOf } from '$features/rules/exchange/text';

const TEXT = `aftercare_automation: 1
tags:
- storno
- 'yes: no'
macros: []
rules:
- name: First
  description: |
    name: not a key
    - not an item
  conditions:
    all:
    - field: message.text
      operator: contains
      value: a
    - not:
        any:
        - field: ticket.tags
          value:
            - one
            - two
- name: Second
  conditions: {all: [{field: x}]}
  actions:
    - type: add_tags
      params:
        tags: [a]
`;
const LINES = TEXT.split('\n');
const at = (path: string) => LINES[(lineOf(TEXT, path) ?? 0) - 1]?.trim();

test('a path leads to the line where it stands, whichever way lists are set', () => {
  expect(at('rules.0')).toBe('- name: First');
  expect(at('rules.0.name')).toBe('- name: First');
  expect(at('rules.0.conditions.all.0.value')).toBe('value: a');
  expect(at('rules.0.conditions.all.1.not.any.0.value')).toBe('value:');
  expect(at('rules.0.conditions.all.1.not.any.0.value.1')).toBe('- two');
  expect(at('rules.1.actions.0.params.tags')).toBe('tags: [a]');
  expect(at('tags.1')).toBe("- 'yes: no'");
});

test('what stands on one line or is missing leads to what holds it', () => {
  expect(at('rules.1.conditions.all.0.field')).toBe('conditions: {all: [{field: x}]}');
  expect(at('rules.1.triggers')).toBe('- name: Second');
  expect(lineOf(TEXT, 'nothing.here')).toBeNull();
});

test('a line that the server names goes before the path', () => {
  expect(placeOf(TEXT, { path: 'text', message: 'Line 4 cannot be read: no.' })).toBe(4);
  expect(placeOf(TEXT, { path: 'rules.1.name', message: 'Line up.' })).toBe(lineOf(TEXT, 'rules.1.name'));
});

test('the parts are counted and a difference is read line by line', () => {
  expect(countsIn(TEXT)).toEqual({ rules: 2, macros: 0, tags: 2 });
  expect(diffLines('@@ -1 +1 @@\n a\n-b\n+c\n@@ -9 +9 @@\n d')).toEqual([
    { kind: 'kept', text: 'a' },
    { kind: 'removed', text: 'b' },
    { kind: 'added', text: 'c' },
    { kind: 'gap', text: '' },
    { kind: 'kept', text: 'd' },
  ]);
  expect(diffLines('')).toEqual([]);
  expect(fileName(new Date(2026, 10, 2))).toBe('aftercare-automation-2026-11-02.yaml');
});
