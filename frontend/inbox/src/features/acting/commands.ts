import type { Ticket } from '@aftercare/api';
import { t } from '@aftercare/ui';
import type { Command } from '$lib/commands.svelte';
import { acting, oneTicket } from './acting.svelte';

interface ActingHands {
  ticket(): Ticket | undefined;
  isAdmin(): boolean;
  trash(): void;
  restore(): void;
}

/** Merging, splitting, linking, spam and trash; with tickets picked, those that work on many do. */
export function actingCommands(hands: ActingHands): Command[] {
  const alive = () => {
    const ticket = hands.ticket();
    return ticket && !ticket.merged_into_id ? ticket : undefined;
  };
  const has = (test: (ticket: Ticket) => boolean) => () => {
    const ticket = alive();
    return ticket !== undefined && test(ticket);
  };
  const isFiled = (ticket: Ticket) => ticket.status === 'spam' || ticket.status === 'trash';
  const on = (run: (ticket: Ticket) => void) => () => {
    const ticket = alive();
    if (ticket) run(ticket);
  };
  return [
    {
      id: 'merge',
      label: t('command.merge'),
      group: 'ticket',
      keys: 'm',
      icon: 'layers',
      aliases: 'join combine duplicate',
      when: () => acting.onSelection !== null || has((ticket) => !isFiled(ticket))(),
      run: () => {
        if (acting.onSelection) acting.onSelection('merge');
        else on((ticket) => acting.open({ kind: 'merge', target: oneTicket(ticket.id) }))();
      },
    },
    {
      id: 'split',
      label: t('command.split'),
      group: 'ticket',
      keys: 'shift+s',
      icon: 'arrow-down-wide-narrow',
      aliases: 'separate move message',
      when: has((ticket) => ticket.message_count > 1),
      run: on((ticket) => acting.open({ kind: 'split', ticketId: ticket.id, messageId: null })),
    },
    {
      id: 'link',
      label: t('command.link'),
      group: 'ticket',
      icon: 'link',
      aliases: 'relate related',
      when: has(() => true),
      run: on((ticket) => acting.open({ kind: 'link', ticketId: ticket.id })),
    },
    {
      id: 'spam',
      label: t('command.spam'),
      group: 'ticket',
      keys: '!',
      icon: 'ban',
      aliases: 'block sender junk',
      when: has((ticket) => ticket.status !== 'spam'),
      run: on((ticket) => acting.open({ kind: 'spam', ticketId: ticket.id })),
    },
    {
      id: 'notSpam',
      label: t('command.notSpam'),
      group: 'ticket',
      icon: 'undo-2',
      aliases: 'unblock ham',
      when: has((ticket) => ticket.status === 'spam'),
      run: on((ticket) => acting.open({ kind: 'spam', ticketId: ticket.id })),
    },
    {
      id: 'trash',
      label: t('command.trash'),
      group: 'ticket',
      keys: '#',
      icon: 'trash-2',
      aliases: 'delete bin',
      when: has((ticket) => ticket.status !== 'trash'),
      run: hands.trash,
    },
    {
      id: 'restore',
      label: t('command.restore'),
      group: 'ticket',
      icon: 'undo-2',
      aliases: 'undelete',
      when: has((ticket) => ticket.status === 'trash'),
      run: hands.restore,
    },
    {
      id: 'remove',
      label: t('command.remove'),
      group: 'ticket',
      icon: 'trash-2',
      aliases: 'erase permanently',
      when: () => hands.isAdmin() && has((ticket) => ticket.status === 'trash')(),
      run: on((ticket) => acting.open({ kind: 'remove', ticketId: ticket.id })),
    },
  ];
}
