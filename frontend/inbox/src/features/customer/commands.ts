import { t } from '@aftercare/ui';
import type { Command } from '$lib/commands.svelte';

interface CustomerHands {
  /** The ticket of the same customer that comes next (1) or before (-1). */
  moveTicket(step: 1 | -1): void;
  openProfile(): void;
  merge(): void;
}

/** What can be done with the customer of the ticket that is open. */
export function customerCommands(hands: CustomerHands): Command[] {
  return [
    {
      id: 'customerNext',
      label: t('command.customerNext'),
      group: 'ticket',
      keys: 'alt+ArrowDown',
      icon: 'arrow-down',
      run: () => hands.moveTicket(1),
    },
    {
      id: 'customerPrevious',
      label: t('command.customerPrevious'),
      group: 'ticket',
      keys: 'alt+ArrowUp',
      icon: 'arrow-up',
      run: () => hands.moveTicket(-1),
    },
    {
      id: 'customerProfile',
      label: t('command.customerProfile'),
      group: 'ticket',
      icon: 'user-round',
      aliases: 'customer history timeline',
      run: hands.openProfile,
    },
    {
      id: 'customerMerge',
      label: t('command.customerMerge'),
      group: 'ticket',
      icon: 'users-round',
      aliases: 'merge same person duplicate link customer',
      run: hands.merge,
    },
  ];
}
