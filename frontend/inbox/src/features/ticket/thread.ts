import type { Message, TimelineEvent } from '@aftercare/api';
import { channelName, dayLabel, t, timeOfDay } from '@aftercare/ui';
import type { RoomItem } from './ticket-room.svelte';

export type Block =
  | { kind: 'day'; key: string; label: string; channel: string | null }
  | { kind: 'message'; key: string; message: Message }
  | { kind: 'receipt'; key: string; event: TimelineEvent }
  | { kind: 'events'; key: string; events: TimelineEvent[] };

/** Messages with a divider at each new day and channel; neighbouring system lines in one group. */
export function blocksOf(items: readonly RoomItem[], now: Date): Block[] {
  const result: Block[] = [];
  let day = '';
  let channel = '';
  for (const item of items) {
    const itemDay = new Date(item.at).toDateString();
    const itemChannel =
      item.kind === 'message' && item.message.kind !== 'note' ? (item.message.channel_kind ?? '') : channel;
    if (itemDay !== day) {
      const label = dayLabel(item.at, now);
      const name = itemChannel ? ` · ${channelName(itemChannel)}` : '';
      result.push({ kind: 'day', key: `d${item.key}`, label: label + name, channel: itemChannel || null });
    } else if (channel && itemChannel !== channel) {
      const label = t('timeline.switched', { time: timeOfDay(item.at), channel: channelName(itemChannel) });
      result.push({ kind: 'day', key: `c${item.key}`, label, channel: itemChannel });
    }
    day = itemDay;
    channel = itemChannel;
    const last = result.at(-1);
    if (item.kind === 'message') result.push({ kind: 'message', key: item.key, message: item.message });
    else if (item.event.type === 'order_action.changed')
      result.push({ kind: 'receipt', key: item.key, event: item.event });
    else if (last?.kind === 'events') last.events.push(item.event);
    else result.push({ kind: 'events', key: item.key, events: [item.event] });
  }
  return result;
}

/** The part of a thread that is in the page: from one message to another; null is the newest end. */
export interface Stretch {
  first: string | null;
  last: string | null;
}
export const NEWEST: Stretch = { first: null, last: null };

const AT_FIRST = 30;
const STEP = 30;
const MOST = 90;

const isMessage = (block: Block) => block.kind === 'message';

/** The blocks between both ends, as indexes; dividers and changes above a message belong to it. */
export function within(blocks: readonly Block[], { first, last }: Stretch): { from: number; to: number } {
  const at = (key: string | null) => (key === null ? -1 : blocks.findIndex((block) => block.key === key));
  const end = at(last);
  let to = end < 0 ? blocks.length : end + 1;
  while (to < blocks.length && !isMessage(blocks[to] as Block)) to += 1;
  const begin = at(first);
  let from = begin < 0 ? back(blocks, to, AT_FIRST) : begin;
  while (from > 0 && !isMessage(blocks[from - 1] as Block)) from -= 1;
  return { from, to };
}

/** The index so many messages before another one. */
function back(blocks: readonly Block[], from: number, messages: number): number {
  let index = from;
  let left = messages;
  while (index > 0 && left > 0) {
    index -= 1;
    if (isMessage(blocks[index] as Block)) left -= 1;
  }
  return index;
}

function forth(blocks: readonly Block[], from: number, messages: number): number {
  let index = from;
  let left = messages;
  while (index < blocks.length && left > 0) {
    if (isMessage(blocks[index] as Block)) left -= 1;
    index += 1;
  }
  return index;
}

function keyFrom(blocks: readonly Block[], index: number): string | null {
  return blocks.slice(index).find(isMessage)?.key ?? null;
}

function keyBefore(blocks: readonly Block[], index: number): string | null {
  return blocks.slice(0, index).findLast(isMessage)?.key ?? null;
}

/** Some messages more at the top; what is far below leaves the page. */
export function earlier(blocks: readonly Block[], stretch: Stretch): Stretch {
  const { from, to } = within(blocks, stretch);
  const begin = back(blocks, from, STEP);
  const most = forth(blocks, begin, MOST);
  return { first: keyFrom(blocks, begin), last: most < to ? keyBefore(blocks, most) : stretch.last };
}

/** Some messages more at the bottom; what is far above leaves the page. */
export function later(blocks: readonly Block[], stretch: Stretch): Stretch {
  const { from, to } = within(blocks, stretch);
  const end = forth(blocks, to, STEP);
  const begin = Math.max(from, back(blocks, end, MOST));
  return {
    first: keyFrom(blocks, begin),
    last: end >= blocks.length ? null : keyBefore(blocks, end),
  };
}
