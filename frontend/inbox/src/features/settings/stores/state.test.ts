import { describe, expect, it } from 'vitest';
import type { ConnectedStore } from '@aftercare/api';
import { useWords } from '@aftercare/ui';
import { en } from '@aftercare/ui/words/en';
import { howItHears, isDraft, newer, reasonsOf, shareDone, storeIcon } from './state';

useWords('en', {}, en);

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
    const health = { state: 'paused', detail: '', failing_since: null, last_sync_at: null } as const;
    expect(isDraft({ is_active: false, backfill: null, health })).toBe(true);
    expect(isDraft({ is_active: false, backfill: run({}), health })).toBe(false);
    const gone = { ...health, state: 'disconnected' } as const;
    expect(isDraft({ is_active: false, backfill: null, health: gone })).toBe(false);
    const asked = { ...health, last_sync_at: '2026-11-22T10:00:00Z' };
    expect(isDraft({ is_active: false, backfill: null, health: asked })).toBe(false);
  });

  it('says of orders only where there are orders', () => {
    const shop = howItHears({ group: 'shop', has_webhooks: true });
    const returns = howItHears({ group: 'returns', has_webhooks: true });
    expect(shop).toContain('orders');
    expect(returns).not.toContain('orders');
    expect(howItHears({ group: 'marketing', has_webhooks: false })).not.toBe(returns);
  });

  it('has a sign for each that the connectors name', () => {
    for (const icon of ['shopping-bag', 'truck', 'store']) {
      expect(storeIcon({ icon, group: 'marketing' })).toBe(icon);
    }
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
