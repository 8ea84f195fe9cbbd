import { goto } from '$app/navigation';
import { t } from '@aftercare/ui';
import { appearance } from '$lib/appearance.svelte';
import type { App } from '$lib/app.svelte';
import { commands, type Command } from '$lib/commands.svelte';
import { setAvailable, takeNext } from '$lib/together';
import { shell } from './shell.svelte';

const PANES = ['#views', '#tickets', '#conversation', '#reply', '#customer'];

/** F6: the next pane that is on screen takes the focus. */
function cyclePanes(step: 1 | -1): void {
  const panes = PANES.flatMap((pane) => document.querySelector<HTMLElement>(pane) ?? []).filter(
    (pane) => pane.offsetParent !== null,
  );
  const at = panes.findIndex((pane) => pane.contains(document.activeElement));
  const pane = panes[(at + step + panes.length) % panes.length];
  const target = pane?.querySelector<HTMLElement>('[tabindex="0"], textarea, a, button') ?? pane;
  target?.focus();
}

export function addShellCommands(app: App): () => void {
  return commands.add(shellCommands(app));
}

/** Commands that work on every screen. */
export function shellCommands(app: App): Command[] {
  const go = (path: string) => () => void goto(path);
  return [
    {
      id: 'palette',
      label: t('command.palette'),
      group: 'app',
      keys: 'mod+k',
      inFields: true,
      icon: 'search',
      run: () => (shell.isPaletteOpen = !shell.isPaletteOpen),
    },
    {
      id: 'shortcuts',
      label: t('command.shortcuts'),
      group: 'app',
      keys: '?',
      icon: 'circle-help',
      run: () => (shell.isShortcutsOpen = true),
    },
    {
      id: 'notifications',
      label: t('command.notifications'),
      group: 'app',
      keys: 'g n',
      icon: 'bell',
      aliases: 'bell news mentions',
      run: () => shell.openNotifications(),
    },
    {
      id: 'undo',
      label: t('command.undo'),
      group: 'app',
      keys: 'z',
      icon: 'undo-2',
      run: () => app.undo.last(),
    },
    {
      id: 'theme',
      label: t('command.theme'),
      group: 'app',
      icon: 'sun-moon',
      aliases: 'dark light',
      run: () => appearance.flipTheme(),
    },
    {
      id: 'density',
      label: t('command.density'),
      group: 'app',
      icon: 'rows-3',
      aliases: 'compact comfortable',
      run: () =>
        appearance.change({ density: appearance.choice.density === 'compact' ? 'comfortable' : 'compact' }),
    },
    {
      id: 'availability',
      label: t('availability.flip'),
      group: 'app',
      icon: 'user-round',
      aliases: 'away available status presence',
      when: () => app.me !== null && app.me.role !== 'viewer',
      run: () => void setAvailable(app, !app.me?.is_available),
    },
    {
      id: 'takeNext',
      label: t('next.take'),
      group: 'list',
      icon: 'user-round-plus',
      aliases: 'next assign me queue',
      when: () => app.me !== null && app.me.role !== 'viewer',
      run: () => void takeNext(app).then((id) => (id ? goto(`/inbox/mine/${id}`) : undefined)),
    },
    {
      id: 'newTicket',
      label: t('command.newTicket'),
      group: 'app',
      keys: 'c',
      icon: 'plus',
      run: () => (shell.isNewTicketOpen = true),
    },
    {
      id: 'nextPane',
      label: t('command.nextPane'),
      group: 'app',
      keys: 'F6',
      inFields: true,
      run: () => cyclePanes(1),
    },
    {
      id: 'leftPane',
      label: t('command.leftPane'),
      group: 'app',
      keys: '[',
      icon: 'panel-right',
      aliases: 'views sidebar',
      when: () => location.pathname.startsWith('/inbox'),
      run: () => shell.flipViews(),
    },
    {
      id: 'goShortcuts',
      label: t('command.goShortcuts'),
      group: 'go',
      icon: 'settings-2',
      aliases: 'remap keys keyboard preset gorgias chatwoot',
      run: go('/me/shortcuts'),
    },
    {
      id: 'previousPane',
      label: t('command.previousPane'),
      group: 'app',
      keys: 'shift+F6',
      inFields: true,
      isHidden: true,
      run: () => cyclePanes(-1),
    },
    {
      id: 'goInbox',
      label: t('command.goInbox'),
      group: 'go',
      keys: 'g i',
      icon: 'inbox',
      run: go('/inbox/mine'),
    },
    {
      id: 'goCustomers',
      label: t('command.goCustomers'),
      group: 'go',
      keys: 'g c',
      icon: 'users-round',
      run: go('/customers'),
    },
    {
      id: 'goReports',
      label: t('command.goReports'),
      group: 'go',
      keys: 'g r',
      icon: 'chart-column',
      run: go('/reports/overview'),
    },
    {
      id: 'goAutomations',
      label: t('command.goAutomations'),
      group: 'go',
      keys: 'g a',
      icon: 'workflow',
      aliases: 'rules macros',
      run: go('/automations/rules'),
    },
    {
      id: 'goSettings',
      label: t('command.goSettings'),
      group: 'go',
      keys: 'g s',
      icon: 'settings-2',
      aliases: 'channels tokens',
      run: go('/settings/channels'),
    },
    {
      id: 'goStores',
      label: t('stores.title'),
      group: 'go',
      icon: 'package',
      aliases: 'shops platforms connect orders',
      run: go('/settings/stores'),
    },
    {
      id: 'goInbound',
      label: t('inbound.title'),
      group: 'go',
      icon: 'mail',
      aliases: 'quarantine log',
      run: go('/settings/inbound'),
    },
    {
      id: 'goMe',
      label: t('command.goMe'),
      group: 'go',
      icon: 'user-round',
      aliases: 'profile signature',
      run: go('/me'),
    },
  ];
}
