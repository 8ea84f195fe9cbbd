import type { Message } from '@aftercare/api';
import { t } from '@aftercare/ui';

/** The names of the server's catalogue (GET /intents), in the order it has them. */
export const INTENT_NAMES = [
  'cancel_order',
  'change_order',
  'damaged_item',
  'wrong_item',
  'missing_item',
  'order_status',
  'delivery_problem',
  'reship',
  'change_address',
  'delivery_info',
  'return_exchange',
  'return_status',
  'exchange_request',
  'exchange_status',
  'refund_request',
  'refund_status',
  'product_question',
  'product_recommendation',
  'stock_request',
  'discount_code',
  'subscription',
  'subscription_cancel',
  'subscription_change',
  'feedback',
  'complaint',
  'thanks',
  'no_reply',
  'spam',
  'account',
  'cancel_policy',
  'human_agent',
  'invoice',
  'out_of_scope',
  'payment_info',
  'payment_issue',
  'place_order',
  'refund_policy',
  'store_info',
  'technical_issue',
] as const;
export type IntentName = (typeof INTENT_NAMES)[number];

export interface Wish {
  name: IntentName;
  confidence: number;
}

function isName(name: unknown): name is IntentName {
  return (INTENT_NAMES as readonly unknown[]).includes(name);
}

/** What a message wants, the main thing first; a message understood long ago has one at most. */
export function wishesOf(message: Pick<Message, 'details' | 'intent' | 'intent_confidence'>): Wish[] {
  const kept = message.details['intents'];
  if (Array.isArray(kept)) {
    return kept
      .filter((each: Record<string, unknown>) => isName(each['name']))
      .map((each: Record<string, unknown>) => ({
        name: each['name'] as IntentName,
        confidence: Number(each['confidence']) || 0,
      }));
  }
  return isName(message.intent) ? [{ name: message.intent, confidence: message.intent_confidence ?? 0 }] : [];
}

export function intentName(name: IntentName): string {
  return t(`intent.${name}`);
}
