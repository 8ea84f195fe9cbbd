import type { Template } from '@aftercare/api';
import { expect, test } from 'vitest';
import { chosen, filled, gapsOf, inOrder, wholeText } from '../src/features/composer/templates';

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

test('what the customer reads has every gap filled, and shows those that are not', () => {
  expect(wholeText(template, { order: '#1042', '1': 'Mia', '2': 'es kommt am Dienstag.' })).toBe(
    'Paket #1042\n\nHallo Mia, es kommt am Dienstag.\n\nLinden & Loom',
  );
  expect(filled('Hallo {{1}}', { '1': '  ' })).toBe('Hallo {{1}}');
});

test('every gap is asked for once, and goes out under its name', () => {
  expect(gapsOf({ ...template, header_variables: ['1'] })).toEqual(['1', '2']);
  expect(chosen(template, { order: ' #1042 ', '1': 'Mia', '2': 'x' })).toEqual({
    id: 't1',
    name: 'parcel_update',
    language: 'de',
    names: ['1', '2'],
    values: ['Mia', 'x'],
    header_names: ['order'],
    header_values: ['#1042'],
  });
});

test('texts in the customer’s language come first', () => {
  const others = [{ ...template, name: 'a', language: 'en_US' }, { ...template, name: 'z' }, template];
  expect(inOrder(others, 'de').map((each) => each.name)).toEqual(['parcel_update', 'z', 'a']);
});
