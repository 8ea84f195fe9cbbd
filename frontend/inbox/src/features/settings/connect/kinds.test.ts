import { describe, expect, it } from 'vitest';
import { found, inGroups, type Kind } from './kinds';

const kind = (name: string, group: string, summary = ''): Kind => ({
  kind: name.toLowerCase(),
  label: name,
  group,
  summary,
  docs_url: '',
  is_official: true,
  steps: [],
});
const ALL = [
  kind('Shopify', 'shop'),
  kind('AfterShip', 'shipping', 'Where parcels are'),
  kind('Medusa', 'shop'),
];

describe('the gallery of kinds', () => {
  it('finds by name or by what it does, whatever the case', () => {
    expect(found(ALL, ' shoP ').map((each) => each.label)).toEqual(['Shopify']);
    expect(found(ALL, 'parcels').map((each) => each.label)).toEqual(['AfterShip']);
    expect(found(ALL, '')).toEqual(ALL);
    expect(found(ALL, 'fax')).toEqual([]);
  });

  it('groups in the order of the groups and leaves empty ones out', () => {
    const groups = inGroups(ALL, ['shipping', 'returns', 'shop'] as const);
    expect(groups.map(({ group, rows }) => [group, rows.length])).toEqual([
      ['shipping', 1],
      ['shop', 2],
    ]);
  });
});
