import type { IconName } from './icons';

const CHANNELS: Record<string, { icon: IconName; name: string }> = {
  email: { icon: 'mail', name: 'Email' },
  chat: { icon: 'message-circle', name: 'Chat' },
  whatsapp: { icon: 'whatsapp', name: 'WhatsApp' },
  instagram: { icon: 'insta', name: 'Instagram' },
  messenger: { icon: 'messenger', name: 'Messenger' },
  sms: { icon: 'smartphone', name: 'SMS' },
  voice: { icon: 'phone', name: 'Voice' },
};

export function channelIcon(kind: string | null): IconName {
  return CHANNELS[kind ?? '']?.icon ?? 'message-circle';
}

/** Channels are called by their own names in every language. */
export function channelName(kind: string | null): string {
  return CHANNELS[kind ?? '']?.name ?? kind ?? '';
}
