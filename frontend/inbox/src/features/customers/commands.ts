import { t } from '@aftercare/ui';
import type { Command } from '$lib/commands.svelte';

interface ProfileHands {
  openTab(index: number): void;
  newTicket(): void;
  merge(): void;
}

/** What works on a customer's own page. */
export function profileCommands(hands: ProfileHands): Command[] {
  const tabs = [1, 2, 3, 4, 5, 6].map((n): Command => ({
    id: `profileTab${n}`,
    label: t('command.profileTab', { n }),
    group: 'app',
    keys: String(n),
    isHidden: true,
    run: () => hands.openTab(n - 1),
  }));
  return [
    {
      id: 'profileNewTicket',
      label: t('command.profileNewTicket'),
      group: 'app',
      keys: 'c',
      icon: 'plus',
      run: hands.newTicket,
    },
    {
      id: 'profileMerge',
      label: t('command.customerMerge'),
      group: 'app',
      icon: 'users-round',
      aliases: 'same person duplicate',
      run: hands.merge,
    },
    ...tabs,
  ];
}
