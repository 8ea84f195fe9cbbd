import type { ComposerMode } from '@aftercare/api';
import { t } from '@aftercare/ui';
import type { Command } from '$lib/commands.svelte';

interface WriteHands {
  mayWrite(): boolean;
  write(mode: ComposerMode): void;
}
interface ComposerHands {
  openMacros(): void;
  send(then: 'close' | null): void;
  mayScheduleReply(): boolean;
  openLater(): void;
  openOrder(): void;
  mayOfferChoices(): boolean;
  offerChoices(): void;
}

/** Beginning to write: also while the field that is written in is still on its way. */
export function writeCommands(hands: WriteHands): Command[] {
  return [
    {
      id: 'reply',
      label: t('command.reply'),
      group: 'reply',
      keys: 'r',
      icon: 'pen-line',
      when: hands.mayWrite,
      run: () => hands.write('reply'),
    },
    {
      id: 'note',
      label: t('command.note'),
      group: 'reply',
      keys: 'n',
      icon: 'lock',
      when: hands.mayWrite,
      run: () => hands.write('note'),
    },
  ];
}

/** Answering the open ticket: what the field below the conversation does by keys and palette. */
export function composerCommands(hands: ComposerHands): Command[] {
  return [
    {
      id: 'macros',
      label: t('command.macros'),
      group: 'reply',
      keys: 'mod+j',
      inFields: true,
      icon: 'zap',
      run: hands.openMacros,
    },
    {
      id: 'send',
      label: t('command.send'),
      group: 'reply',
      keys: 'mod+Enter',
      inFields: true,
      icon: 'send',
      run: () => hands.send(null),
    },
    {
      id: 'sendClose',
      label: t('command.sendClose'),
      group: 'reply',
      keys: 'mod+shift+Enter',
      inFields: true,
      icon: 'send',
      run: () => hands.send('close'),
    },
    {
      id: 'sendLater',
      label: t('composer.sendLater'),
      group: 'reply',
      icon: 'clock',
      aliases: 'schedule',
      when: hands.mayScheduleReply,
      run: hands.openLater,
    },
    {
      id: 'insertOrder',
      label: t('command.insertOrder'),
      group: 'reply',
      keys: 'mod+.',
      inFields: true,
      icon: 'package',
      run: hands.openOrder,
    },
    {
      id: 'offerChoices',
      label: t('choices.label'),
      group: 'reply',
      icon: 'rows-3',
      aliases: 'quick replies buttons',
      when: hands.mayOfferChoices,
      run: hands.offerChoices,
    },
  ];
}
