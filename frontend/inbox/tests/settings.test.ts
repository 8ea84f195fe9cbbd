import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bodyOf } from '$features/settings/channel-form';

const { components } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../openapi.json'), 'utf8'),
) as {
  components: { schemas: Record<string, { properties: Record<string, unknown> }> };
};
const takes = (schema: string) => Object.keys(components.schemas[schema]?.properties ?? {});
const typed = {
  name: 'Help',
  address: 'help@shop.example',
  imap: 'imaps://help:pw@imap.shop.example',
  smtp: ' ',
};

test('the channel form sends what the API takes, and leaves empty secrets alone', () => {
  const made = bodyOf(typed, false);
  expect(made).toEqual({
    kind: 'email',
    name: 'Help',
    address: 'help@shop.example',
    config: { imap: 'imaps://help:pw@imap.shop.example' },
  });
  const full = { ...typed, smtp: 'smtps://x' };
  expect(takes('ChannelInputRequest')).toEqual(expect.arrayContaining(Object.keys(bodyOf(full, false))));
  expect(Object.keys(bodyOf(full, true))).toEqual(['name', 'config']);
  expect(takes('PatchedChannelChangesRequest')).toEqual(
    expect.arrayContaining(Object.keys(bodyOf(full, true))),
  );
});
