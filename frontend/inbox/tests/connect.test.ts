import type { ChannelSettings, ConfigField, Connector } from '@aftercare/api';
import { expect, test } from 'vitest';
import { barsOf, changesOf, fieldsOf, pathOf, valuesOf } from '$features/settings/channels/fields';

const field = (name: string, part: Partial<ConfigField> = {}): ConfigField => ({
  name,
  label: name,
  type: 'text',
  is_secret: false,
  is_required: true,
  is_made: false,
  help: '',
  choices: [],
  default: null,
  ...part,
});
const connector = {
  config: [
    field('address', { type: 'phone' }),
    field('token', { is_secret: true }),
    field('call_secret', { is_secret: true, is_made: true }),
    field('words', { type: 'list' }),
    field('pace', { type: 'number' }),
    field('is_test', { type: 'flag' }),
  ],
} as unknown as Connector;
const stored = {
  address: '+4930777',
  config: { words: ['parcel', 'linen'], is_test: true },
  secrets: { token: true },
} as unknown as ChannelSettings;

test('what we make up ourselves is no field, and errors know their place', () => {
  expect(fieldsOf(connector).map(pathOf)).toEqual([
    'address',
    'secrets.token',
    'config.words',
    'config.pace',
    'config.is_test',
  ]);
});

test('what is stored is shown, secrets are not', () => {
  expect(valuesOf(connector, stored)).toEqual({
    address: '+4930777',
    token: '',
    words: 'parcel, linen',
    pace: '',
    is_test: true,
  });
});

test('only what changed is sent, each as its type; an empty field takes the value away', () => {
  const before = valuesOf(connector, stored);
  expect(changesOf(connector, before, before)).toEqual({});
  const after = { ...before, token: 's3cret', words: 'parcel,  linen; silk', pace: '2.5', is_test: false };
  expect(changesOf(connector, before, after)).toEqual({
    config: { words: ['parcel', 'linen', 'silk'], pace: 2.5, is_test: false },
    secrets: { token: 's3cret' },
  });
  expect(changesOf(connector, before, { ...before, words: ' ', address: '+1' })).toEqual({
    address: '+1',
    config: { words: null },
  });
  expect(changesOf(connector, before, { ...before, pace: 'fast' })).toEqual({ config: { pace: 'fast' } });
});

test('a single failure beside a thousand messages can be seen', () => {
  const bars = barsOf(
    [
      { events: 1000, failures: 1 },
      { events: 0, failures: 0 },
    ],
    100,
    40,
  );
  expect(bars).toEqual([
    { x: 0, events: 40, failures: 2 },
    { x: 50, events: 0, failures: 0 },
  ]);
});
