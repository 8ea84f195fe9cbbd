import type { Channel } from '@aftercare/api';
import { t, type IconName } from '@aftercare/ui';

export interface State {
  tone: 'ok' | 'err' | 'warn' | 'off';
  icon: IconName;
  text: string;
}

/** How a channel is, in words; the sign beside them is never alone. */
export function stateOf(channel: Channel): State {
  const { state, last_success_at } = channel.health;
  if (!channel.is_active && channel.kind !== 'email' && last_success_at === null)
    return { tone: 'warn', icon: 'circle-dashed', text: t('connect.unfinished') };
  if (!channel.is_active || state === 'paused')
    return { tone: 'off', icon: 'minus', text: t('channels.paused') };
  if (state === 'ok') return { tone: 'ok', icon: 'check', text: t('channels.ok') };
  if (state === 'failing') return { tone: 'err', icon: 'triangle-alert', text: t('channels.failing') };
  return { tone: 'warn', icon: 'clock', text: t('channels.unknown') };
}

export const GROUPS = ['mail', 'chat', 'phone', 'social', 'community', 'other'] as const;
export type Group = (typeof GROUPS)[number];
