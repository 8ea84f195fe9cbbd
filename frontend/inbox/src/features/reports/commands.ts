import { goto } from '$app/navigation';
import { t } from '@aftercare/ui';
import type { App } from '$lib/app.svelte';
import { commands, type Command } from '$lib/commands.svelte';
import { reportLabel, REPORTS } from './names';

/** One command for each report, to go to it from anywhere. */
export function reportCommands(app: Pick<App, 'may'>): Command[] {
  return [...REPORTS, ['live', 'signal-high'] as const].map(([name, icon]) => ({
    id: `report.${name}`,
    label: t('reports.goTo', { report: reportLabel(name) }),
    group: 'go',
    icon,
    aliases: `report statistics figures dashboard ${name}`,
    when: () => app.may('report.view'),
    run: () => void goto(`/reports/${name}`),
  }));
}

export function addReportCommands(app: App): () => void {
  return commands.add(reportCommands(app));
}
