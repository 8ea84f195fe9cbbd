import type { Template } from '@aftercare/api';
import { expect, test } from 'vitest';
import { chosen, gapsOf, inOrder, wholeText } from '../src/features/composer/templates';

const template: Template = {
  id: 't1',
  name: 'parcel_update',
  language: 'de',
  header: 'Paket {{order}}',
  text: 'Hallo {{1}}, {{ 2 }}',
  footer: 'Linden & Loom',
  variables: ['1', '2'],
  header_variables: ['order'],
  category: 'utility',
};

const values = { 'heading order': ' #1042 ', 'text 1': 'Mia', 'text 2': 'es kommt am Dienstag.' };

test('what the customer reads has every gap filled, and shows those that are not', () => {
  expect(wholeText(template, values)).toBe(
    'Paket #1042\n\nHallo Mia, es kommt am Dienstag.\n\nLinden & Loom',
  );
  expect(wholeText(template, { 'text 1': '  ' })).toBe(
    'Paket {{order}}\n\nHallo {{1}}, {{ 2 }}\n\nLinden & Loom',
  );
});

test('every gap is asked for once, and goes out under its name', () => {
  const gaps = gapsOf({ ...template, variables: ['1', '2', '1'] });
  expect(gaps.map((each) => each.key)).toEqual(['heading order', 'text 1', 'text 2']);
  expect(chosen(template, values)).toEqual({
    id: 't1',
    name: 'parcel_update',
    language: 'de',
    names: ['1', '2'],
    values: ['Mia', 'es kommt am Dienstag.'],
    header_names: ['order'],
    header_values: ['#1042'],
  });
});

test('{{1}} of the heading and {{1}} of the text are two gaps', () => {
  const both = { ...template, header: 'Bestellung {{1}}', header_variables: ['1'] };
  expect(gapsOf(both).map((each) => [each.name, each.isHeading])).toEqual([
    ['1', true],
    ['1', false],
    ['2', false],
  ]);
  const filled = { 'heading 1': '#1042', 'text 1': 'Mia', 'text 2': 'ja' };
  expect(wholeText(both, filled)).toBe('Bestellung #1042\n\nHallo Mia, ja\n\nLinden & Loom');
  expect(chosen(both, filled)).toMatchObject({ header_values: ['#1042'], values: ['Mia', 'ja'] });
});

test('texts in the customer’s language come first', () => {
  const others = [{ ...template, name: 'a', language: 'en_US' }, { ...template, name: 'z' }, template];
  expect(inOrder(others, 'de').map((each) => each.name)).toEqual(['parcel_update', 'z', 'a']);
});
