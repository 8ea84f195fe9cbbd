import type { Channel } from '@aftercare/api';
import type { Component } from 'svelte';

/** Kinds of channels with a page of their own in place of the form that their manifest makes. */
export const ownPages: Record<string, () => Promise<{ default: Component<{ channel: Channel }> }>> = {
  chat: () => import('$features/chat-settings/Door.svelte'),
};
