import type { TicketDetail } from '@aftercare/api';
import { putCustomer, putMessages, putTicket, putTimeline, type LiveRecords } from '@aftercare/live';
import type { KeptThread } from './shelf';
import { touch } from './trim';

/**
 * Puts a conversation as the server tells it into the records. What was held before and does not
 * join on is let go of, so that no hole stays between old and new messages.
 */
export function putConversation(records: LiveRecords, data: TicketDetail): void {
  const { id } = data.ticket;
  const held = records.messageIds.get(id) ?? [];
  const last = records.messages.get(held.at(-1) ?? '')?.position ?? 0;
  const first = data.messages[0]?.position ?? 0;
  if (held.length && first > last + 1) {
    for (const messageId of held) records.messages.delete(messageId);
    records.messageIds.delete(id);
  }
  putCustomer(records, data.customer);
  putTicket(records, data.ticket);
  putMessages(records, id, data.messages);
  putTimeline(records, id, data.timeline);
  touch(records.messageIds, id);
}

/** Puts a kept conversation into the records, where the newest version of everything stays. */
export function putKept(records: LiveRecords, kept: KeptThread): void {
  const { id } = kept.ticket;
  if (kept.customer) putCustomer(records, kept.customer);
  putTicket(records, kept.ticket);
  putMessages(records, id, kept.messages);
  putTimeline(records, id, kept.timeline);
}
