import { goto } from '$app/navigation';
import { t, type IconName, type Word } from '@aftercare/ui';
import type { App } from '$lib/app.svelte';
import { commands, type Command } from '$lib/commands.svelte';

type Place = readonly [id: string, path: string, word: Word, icon: IconName, aliases: string];

const PLACES: readonly Place[] = [
  [
    'rules',
    '/automations/rules',
    'rulelist.cmd.rules',
    'workflow',
    'automation rules builder workflow if then',
  ],
  ['macros', '/automations/macros', 'rulelist.cmd.macros', 'zap', 'macros canned replies'],
  ['sla', '/automations/sla', 'rulelist.cmd.sla', 'timer', 'sla service level targets policies'],
  [
    'hours',
    '/automations/hours',
    'rulelist.cmd.hours',
    'calendar',
    'business hours holidays calendar opening',
  ],
  ['surveys', '/settings/surveys', 'rulelist.cmd.surveys', 'star', 'csat nps survey satisfaction settings'],
];
/** Only for who may change rules. */
const EDITING: readonly Place[] = [
  [
    'templates',
    '/automations/rules?templates=1',
    'rulelist.cmd.templates',
    'layers',
    'gallery templates rules',
  ],
  [
    'export',
    '/automations/exchange',
    'rulelist.cmd.export',
    'download',
    'yaml export backup automation text',
  ],
  [
    'import',
    '/automations/exchange/import',
    'rulelist.cmd.import',
    'file-text',
    'yaml import automation text',
  ],
];

/** The screens of automation, to go to them from anywhere. */
export function ruleCommands(app: App): Command[] {
  const place = ([id, path, word, icon, aliases]: Place, right: 'rule.view' | 'rule.change'): Command => ({
    id: `automation.${id}`,
    label: t(word),
    group: 'go',
    icon,
    aliases,
    when: () => app.may(right),
    run: () => void goto(path),
  });
  return [
    ...PLACES.map((each) => place(each, 'rule.view')),
    ...EDITING.map((each) => place(each, 'rule.change')),
    {
      id: 'automation.new',
      label: t('rulelist.cmd.new'),
      group: 'app',
      icon: 'plus',
      aliases: 'new rule automation create',
      when: () => app.may('rule.change'),
      run: () => void import('./begin').then(({ beginRule }) => beginRule(app)),
    },
  ];
}

export function addRuleCommands(app: App): () => void {
  return commands.add(ruleCommands(app));
}
