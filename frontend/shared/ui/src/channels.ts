import { isIconName, type IconName } from './icons';

const CHANNELS: Record<string, { icon: IconName; name: string }> = {
  api: { icon: 'api', name: 'API' },
  bluesky: { icon: 'bluesky', name: 'Bluesky' },
  chat: { icon: 'message-circle', name: 'Chat' },
  discord: { icon: 'discord', name: 'Discord' },
  email: { icon: 'mail', name: 'Email' },
  facebook: { icon: 'facebook', name: 'Facebook' },
  form: { icon: 'form', name: 'Contact form' },
  instagram: { icon: 'insta', name: 'Instagram' },
  mastodon: { icon: 'mastodon', name: 'Mastodon' },
  messenger: { icon: 'messenger', name: 'Messenger' },
  review: { icon: 'review', name: 'Reviews' },
  slack: { icon: 'slack', name: 'Slack' },
  sms: { icon: 'smartphone', name: 'SMS' },
  telegram: { icon: 'telegram', name: 'Telegram' },
  tiktok: { icon: 'tiktok', name: 'TikTok' },
  trustpilot: { icon: 'review', name: 'Trustpilot' },
  voice: { icon: 'phone', name: 'Voice' },
  whatsapp: { icon: 'whatsapp', name: 'WhatsApp' },
  x: { icon: 'x-post', name: 'X' },
  yotpo: { icon: 'review', name: 'Yotpo' },
  youtube: { icon: 'youtube', name: 'YouTube' },
};

/** The drawing of a kind of channel, by its kind or by the icon that its connector names. */
export function channelIcon(kind: string | null, named = ''): IconName {
  const known = CHANNELS[kind ?? ''] ?? CHANNELS[named];
  return known?.icon ?? (isIconName(named) ? named : 'message-circle');
}

/** Channels are called by their own names in every language. */
export function channelName(kind: string | null): string {
  return CHANNELS[kind ?? '']?.name ?? kind?.replace(/^[a-z]/, (first) => first.toUpperCase()) ?? '';
}
