import type { ReplyPlace } from '@aftercare/api';
import { dateAndTime, shortDuration, t } from '@aftercare/ui';

const REASONS: Record<string, Parameters<typeof t>[0]> = {
  no_conversation: 'reach.noConversation',
  opted_out: 'reach.optedOut',
  limit_reached: 'reach.limit',
  left: 'reach.left',
  left_unknown: 'reach.leftUnknown',
  paused: 'reach.paused',
  not_verified: 'reach.notVerified',
  bounced: 'reach.bounced',
};

/** Why a place cannot be answered in. */
export function closedText(place: ReplyPlace, now: Date): string {
  if (place.reason === 'window_closed') {
    return place.closes_at && new Date(place.closes_at) < now
      ? t('reach.closedSince', { time: dateAndTime(place.closes_at) })
      : t('reach.closed');
  }
  return t(REASONS[place.reason ?? ''] ?? 'reach.other');
}

/** How long one may still answer; empty where nothing ends. */
export function leftText(place: ReplyPlace, now: Date): string {
  if (!place.closes_at) return '';
  const left = new Date(place.closes_at).getTime() - now.getTime();
  return left > 0 ? t('reach.left_time', { time: shortDuration(left) }) : '';
}
