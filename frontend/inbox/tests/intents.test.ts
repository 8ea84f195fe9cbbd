import { describe, expect, it } from 'vitest';
import { en } from '@aftercare/ui/words/en';
import { INTENT_NAMES, wishesOf } from '$features/ticket/intents';

const message = (intent: string | null, details: Record<string, unknown> = {}) => ({
  intent,
  intent_confidence: 0.7,
  details,
});

describe('what a message wants', () => {
  it('is every wish that was kept, the main one first', () => {
    const intents = [
      { name: 'cancel_order', gorgias: 'order/cancel', confidence: 0.95 },
      { name: 'invoice', gorgias: 'other/question', confidence: 0.4 },
    ];
    expect(wishesOf(message('cancel_order', { intents }))).toEqual([
      { name: 'cancel_order', confidence: 0.95 },
      { name: 'invoice', confidence: 0.4 },
    ]);
  });

  it('is the one intent of a message that was understood before wishes were kept', () => {
    expect(wishesOf(message('order_status'))).toEqual([{ name: 'order_status', confidence: 0.7 }]);
  });

  it('is nothing where it is unclear or the name is not one of ours', () => {
    expect(wishesOf(message(null))).toEqual([]);
    expect(wishesOf(message('buy_boat'))).toEqual([]);
    expect(wishesOf(message('thanks', { intents: [] }))).toEqual([]);
  });

  it('has a name in words for each', () => {
    expect(new Set(INTENT_NAMES.map((name) => en[`intent.${name}`])).size).toBe(INTENT_NAMES.length);
  });
});
