import { t } from '@aftercare/ui';
import type { Command } from '$lib/commands.svelte';

interface ListHands {
  move(step: 1 | -1): void;
  pick(step: 0 | 1 | -1): void;
  pickAll(): void;
  saveView(): void;
  focusFilter(): void;
  clear(): void;
  back(): void;
  isOpen(): boolean;
  openViews(): void;
}

export function listCommands(hands: ListHands): Command[] {
  return [
    {
      id: 'next',
      label: t('command.next'),
      group: 'list',
      keys: 'j',
      alsoKeys: ['ArrowDown'],
      run: () => hands.move(1),
    },
    {
      id: 'previous',
      label: t('command.previous'),
      group: 'list',
      keys: 'k',
      alsoKeys: ['ArrowUp'],
      run: () => hands.move(-1),
    },
    {
      id: 'pick',
      label: t('command.pick'),
      group: 'list',
      keys: 'x',
      run: () => hands.pick(0),
    },
    {
      id: 'pickNext',
      label: t('command.pickNext'),
      group: 'list',
      keys: 'shift+j',
      run: () => hands.pick(1),
    },
    {
      id: 'pickPrevious',
      label: t('command.pickPrevious'),
      group: 'list',
      keys: 'shift+k',
      isHidden: true,
      run: () => hands.pick(-1),
    },
    {
      id: 'pickAll',
      label: t('command.pickAll'),
      group: 'list',
      keys: 'mod+a',
      run: hands.pickAll,
    },
    {
      id: 'saveView',
      label: t('command.saveView'),
      group: 'list',
      icon: 'plus',
      aliases: 'filter view save',
      run: hands.saveView,
    },
    {
      id: 'filter',
      label: t('command.filter'),
      group: 'list',
      keys: '/',
      icon: 'search',
      run: hands.focusFilter,
    },
    { id: 'back', label: t('command.back'), group: 'list', keys: 'u', when: hands.isOpen, run: hands.back },
    {
      id: 'escape',
      label: t('command.back'),
      group: 'list',
      keys: 'Escape',
      isHidden: true,
      run: hands.clear,
    },
    {
      id: 'views',
      label: t('command.views'),
      group: 'list',
      keys: 'v',
      icon: 'layers',
      run: hands.openViews,
    },
  ];
}
