import { expect, test } from 'vitest';
import type { Message } from '@aftercare/api';
import { roomOf } from '$features/composer/segments';
import { clockTime, hasFacts, mapUrl } from '$features/ticket/facts';
import table from '../../../tests/golden/segments.json';

test.each(table)('the composer counts like the server: $case', ({ text, units, count }) => {
  const room = roomOf('sms', text, 1600);
  expect([room?.used, room?.parts]).toEqual([units, Math.max(1, count)]);
});

test('a place is shown on a map only if it is on earth', () => {
  expect(mapUrl({ latitude: '52.5', longitude: '13.4' })).toBe(
    'https://www.openstreetmap.org/?mlat=52.5&mlon=13.4#map=16/52.5/13.4',
  );
  expect(mapUrl({ latitude: 'javascript:1', longitude: 0 })).toBeNull();
  expect(mapUrl({ latitude: 91, longitude: 0 })).toBeNull();
  expect(mapUrl({})).toBeNull();
});

test('facts are fetched only for messages that have some', () => {
  const plain = { details: { page: {} }, attachments: [] } as unknown as Message;
  expect(hasFacts(plain)).toBe(false);
  expect(hasFacts({ ...plain, details: { call: {} } })).toBe(true);
  expect([clockTime(7), clockTime(187)]).toEqual(['0:07', '3:07']);
});
