import type { Ticket } from '@aftercare/api';
import { t } from '@aftercare/ui';
import { acting } from '$features/acting/acting.svelte';
import type { PickerName } from '$lib/app.svelte';
import type { Command } from '$lib/commands.svelte';

interface TicketHands {
  ticket(): Ticket | undefined;
  openPicker(name: PickerName): void;
  close(): void;
  closeWithoutSurvey(): void;
  assignMe(): void;
  markUnread(): void;
  correctIntent(): void;
  toggleSide(): void;
}

export function ticketCommands(hands: TicketHands): Command[] {
  const when = () => hands.ticket() !== undefined || acting.onSelection !== null;
  const names = {
    status: 'status',
    assignee: 'assign',
    priority: 'priority',
    tags: 'tags',
    snooze: 'snooze',
  } as const;
  const picker = (name: PickerName) => () => {
    if (acting.onSelection) acting.onSelection(names[name]);
    else hands.openPicker(name);
  };
  const orSelection = (what: 'close' | 'assignMe', run: () => void) => () =>
    acting.onSelection ? acting.onSelection(what) : run();
  return [
    {
      id: 'close',
      label: t('command.closeNext'),
      group: 'ticket',
      keys: 'e',
      icon: 'check',
      aliases: 'resolve done',
      when,
      run: orSelection('close', hands.close),
    },
    {
      id: 'closeWithoutSurvey',
      label: t('surveys.closeWithout'),
      group: 'ticket',
      icon: 'star',
      aliases: 'csat skip rating',
      when: () => hands.ticket() !== undefined,
      run: hands.closeWithoutSurvey,
    },
    {
      id: 'assign',
      label: t('command.assign'),
      group: 'ticket',
      keys: 'a',
      icon: 'user-round',
      aliases: 'owner team',
      when,
      run: picker('assignee'),
    },
    {
      id: 'assignMe',
      label: t('command.assignMe'),
      group: 'ticket',
      keys: 'i',
      icon: 'user-round-plus',
      aliases: 'take',
      when,
      run: orSelection('assignMe', hands.assignMe),
    },
    {
      id: 'tags',
      label: t('command.tags'),
      group: 'ticket',
      keys: 'l',
      icon: 'tag',
      aliases: 'label',
      when,
      run: picker('tags'),
    },
    {
      id: 'priority',
      label: t('command.priority'),
      group: 'ticket',
      keys: 'p',
      icon: 'signal-high',
      aliases: 'urgent',
      when,
      run: picker('priority'),
    },
    {
      id: 'status',
      label: t('command.status'),
      group: 'ticket',
      keys: 's',
      icon: 'circle-dashed',
      aliases: 'spam trash reopen',
      when,
      run: picker('status'),
    },
    {
      id: 'snooze',
      label: t('command.snooze'),
      group: 'ticket',
      keys: 'h',
      icon: 'alarm-clock-check',
      aliases: 'later',
      when,
      run: picker('snooze'),
    },
    {
      id: 'markUnread',
      label: t('command.markUnread'),
      group: 'ticket',
      keys: 'shift+i',
      icon: 'mail',
      when,
      run: hands.markUnread,
    },
    {
      id: 'correctIntent',
      label: t('intent.correct'),
      group: 'ticket',
      icon: 'pencil',
      aliases: 'intent correct understood',
      when: () => hands.ticket() !== undefined,
      run: hands.correctIntent,
    },
    {
      id: 'side',
      label: t('command.side'),
      group: 'ticket',
      keys: ']',
      icon: 'panel-right',
      when,
      run: hands.toggleSide,
    },
  ];
}
