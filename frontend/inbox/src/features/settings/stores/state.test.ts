import { describe, expect, it } from 'vitest';
import type { ConnectedStore } from '@aftercare/api';
import { isDraft, newer, reasonsOf, shareDone } from './state';

const run = (part: object): NonNullable<ConnectedStore['backfill']> => ({
  state: 'running',
  done: 0,
  skipped: 0,
  total: null,
  per_second: null,
  seconds_left: null,
  waits_until: null,
  reason: '',
  began_at: '',
  finished_at: null,
  ...part,
});

describe('a store', () => {
  it('is a draft only until it was connected for the first time', () => {
    const health = { state: 'paused', detail: '', last_sync_at: null } as const;
    expect(isDraft({ is_active: false, backfill: null, health })).toBe(true);
    expect(isDraft({ is_active: false, backfill: run({}), health })).toBe(false);
    const gone = { ...health, state: 'disconnected' } as const;
    expect(isDraft({ is_active: false, backfill: null, health: gone })).toBe(false);
  });

  it('says how far its history is, where the platform says how much there is', () => {
    expect(shareDone(run({ done: 40 }))).toBeNull();
    expect(shareDone(run({ done: 40, skipped: 10, total: 200 }))).toBe(0.25);
    expect(shareDone(run({ done: 300, total: 200 }))).toBe(1);
    expect(shareDone(run({ state: 'done', total: 0 }))).toBe(1);
  });

  it('is not taken back by older news', () => {
    expect(newer({ version: 4 }, { version: 3 })).toBe(false);
    expect(newer({ version: 4 }, { version: 5 })).toBe(true);
    expect(newer(undefined, { version: 1 })).toBe(true);
  });

  it('says each reason once, and nothing of services', () => {
    const missing = ['hold', 'gift_card', 'tags'].map((kind) => ({
      kind,
      reason: kind === 'tags' ? 'No tags.' : 'Not offered.',
    }));
    expect(reasonsOf({ group: 'shop', missing })).toEqual(['Not offered.', 'No tags.']);
    expect(reasonsOf({ group: 'returns', missing })).toEqual([]);
  });
});
