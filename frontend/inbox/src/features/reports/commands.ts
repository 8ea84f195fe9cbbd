import { goto } from '$app/navigation';
import { t } from '@aftercare/ui';
import type { App } from '$lib/app.svelte';
import { commands, type Command } from '$lib/commands.svelte';
import { reportLabel, REPORTS } from './names';

/** One command for each report, to go to it from anywhere, and one for those that come by mail. */
export function reportCommands(app: Pick<App, 'may'>): Command[] {
  const places = [...REPORTS, ['live', 'signal-high'] as const].map(([name, icon]): Command => ({
    id: `report.${name}`,
    label: t('reports.goTo', { report: reportLabel(name) }),
    group: 'go',
    icon,
    aliases: `report statistics figures dashboard ${name}`,
    when: () => app.may('report.view'),
    run: () => void goto(`/reports/${name}`),
  }));
  const mails: Command = {
    id: 'report.mails',
    label: t('reports.mail.title'),
    group: 'go',
    icon: 'mail',
    aliases: 'report schedule email weekly daily subscription',
    when: () => app.may('report.view'),
    run: () => void goto('/reports/overview?mails=all'),
  };
  return [...places, mails];
}

export function addReportCommands(app: App): () => void {
  return commands.add(reportCommands(app));
}
