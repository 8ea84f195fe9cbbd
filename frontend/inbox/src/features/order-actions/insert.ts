import type { OrderAction } from '@aftercare/api/orders.ts';
import { commands } from '$lib/commands.svelte';
import { inserting } from '$lib/inserting';
import { replyWords } from './action-words';

/** Puts what was done into the reply, as a sentence for the customer. */
export function insertInReply(action: OrderAction): void {
  const text = replyWords(action);
  commands.run('reply');
  if (text) requestAnimationFrame(() => inserting.into?.(text));
}
