import type { ConditionField } from '@aftercare/api';
import type { Definition, RuleAction, RuleWords } from '@aftercare/api/rules.ts';
import { t } from '@aftercare/ui';
import { fromWire, isGroup, wantsNoValue, type Leaf, type Node } from '$features/conditions/tree';
import { fieldLabel, operatorLabel, valueLabel, type ValueChoices } from '$features/conditions/values';
import { actionLabel, triggerLabel } from './rule-words';

// The rule as one sentence in the reader's language, made from its parts at each change.

export interface Known {
  words: RuleWords;
  choices: ValueChoices;
  macros: readonly { id: string; name: string }[];
}

export function sentenceOf(definition: Definition, known: Known): string {
  const when = definition.triggers
    .map((each) => occasionWords(each, definition, known))
    .join(` ${t('rulebuild.or')} `);
  const root = fromWire(definition.conditions);
  const conditions = root.children.length ? nodeWords(root, known, true) : '';
  const first = conditions ? 'rulebuild.sentenceIf' : 'rulebuild.sentence';
  const said = t(first, {
    when: when || t('rulebuild.somethingHappens'),
    conditions,
    actions: actionsWords(definition.actions, known) || t('rulebuild.doNothing'),
  });
  const other = actionsWords(definition.else_actions, known);
  return other ? `${said} ${t('rulebuild.sentenceElse', { actions: other })}` : said;
}

export function occasionWords(type: string, definition: Definition, known: Known): string {
  const { wait, schedule } = definition;
  if (type === 'no_reply' && wait)
    return t(wait.since === 'our_message' ? 'rulebuild.s.customerSilent' : 'rulebuild.s.nobodyAnswers', {
      time: durationWords(wait.after),
    });
  if (type === 'schedule' && schedule)
    return t('rulebuild.s.schedule', {
      days: schedule.days.map((day) => dayName(day)).join(', '),
      time: schedule.at,
    });
  return lower(triggerLabel(type, known.words));
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
/** “Mon”, in the reader's language. */
export function dayName(day: string): string {
  const monday = Date.UTC(2024, 0, 1 + DAYS.indexOf(day));
  return new Intl.DateTimeFormat(document.documentElement.lang || 'en', {
    weekday: 'short',
    timeZone: 'UTC',
  }).format(monday);
}

export function durationWords(text: string): string {
  const [, n = '', unit = ''] = /^(\d+)([mhd])$/.exec(text) ?? [];
  if (!n) return text;
  const word = ({ m: 'rulebuild.minutes', h: 'rulebuild.hours', d: 'rulebuild.days' } as const)[
    unit as 'm' | 'h' | 'd'
  ];
  return t(word, { n: Number(n) });
}

function nodeWords(node: Node, known: Known, isOuter = false): string {
  if (!isGroup(node)) return leafWords(node, known);
  const parts = node.children.map((child) => nodeWords(child, known));
  if (node.mode === 'none') return t('rulebuild.s.none', { what: parts.join(', ') });
  const joined = parts.join(` ${t(node.mode === 'all' ? 'rulebuild.and' : 'rulebuild.or')} `);
  return isOuter || parts.length < 2 ? joined : `(${joined})`;
}

export function leafWords(leaf: Leaf, { words, choices }: Known): string {
  const field = words.fields.find((each) => each.name === leaf.field);
  const label = field ? fieldLabel(field) : leaf.field;
  if (typeof leaf.value === 'boolean' && leaf.operator === 'is')
    return leaf.value ? lower(label) : t('rulebuild.s.not', { what: lower(label) });
  const operator = operatorLabel(leaf.operator);
  if (wantsNoValue(leaf.operator)) return `${lower(label)} ${operator}`;
  return `${lower(label)} ${operator} ${valueWords(leaf, field, choices)}`.trim();
}

function valueWords(leaf: Leaf, field: ConditionField | undefined, choices: ValueChoices): string {
  const one = (value: unknown) => {
    const text = String(value ?? '');
    const named = choices[leaf.field]?.find((each) => each.value === text)?.label;
    if (named) return named;
    if (field?.type === 'time') return durationWords(text);
    if (leaf.field.endsWith('_minor')) return String(Number(value) / 100);
    if (field?.type === 'text') return `“${text}”`;
    const label = valueLabel(text, leaf.field);
    return leaf.field.includes('intent') ? lower(label) : label;
  };
  return (Array.isArray(leaf.value) ? leaf.value : [leaf.value]).map(one).join(', ');
}

const DANGERS: Record<string, 'messages' | 'money' | 'outside'> = {
  reply_with_macro: 'messages',
  send_email: 'messages',
  send_survey: 'messages',
  order_action: 'money',
  webhook: 'outside',
  post_to_slack: 'outside',
};

/** What reaches people, money or others, each action in words: what is agreed to by publishing. */
export function dangersOf(definition: Definition, known: Known) {
  return [...definition.actions, ...definition.else_actions].flatMap((action) => {
    const danger = DANGERS[action.type];
    return danger ? [{ danger, text: actionWords(action, known, false) }] : [];
  });
}

function actionsWords(actions: readonly RuleAction[], known: Known): string {
  return actions.map((each) => actionWords(each, known)).join(', ');
}

export function actionWords(
  { type, params }: RuleAction,
  { words, choices, macros }: Known,
  isInside = true,
): string {
  const name = actionLabel(type, words);
  const label = isInside ? lower(name) : name;
  const named = (field: string, id: unknown) =>
    choices[field]?.find((each) => each.value === id)?.label ?? String(params['name'] ?? '');
  const about: Record<string, () => string> = {
    add_tags: () => tagsIn(params['tags']),
    remove_tags: () => tagsIn(params['tags']),
    set_priority: () => valueLabel(String(params['priority'])),
    set_status: () => valueLabel(String(params['status'])),
    assign_person: () => named('ticket.assignee', params['user_id']) || t('rulebuild.nobody'),
    assign_team: () => named('ticket.team', params['team_id']) || t('rulebuild.noTeam'),
    assign_by_turn: () => named('ticket.team', params['team_id']),
    snooze: () => durationWords(String(params['duration'])),
    reply_with_macro: () => `“${macros.find(({ id }) => id === params['macro_id'])?.name ?? ''}”`,
    run_macro_actions: () => `“${macros.find(({ id }) => id === params['macro_id'])?.name ?? ''}”`,
    set_subject: () => `“${String(params['subject'] ?? '')}”`,
    send_email: () => String(params['address'] ?? ''),
    notify: () => peopleIn(params, choices),
    set_field: () => String(params['value'] ?? ''),
    post_to_slack: () => String(params['name'] ?? ''),
    webhook: () => String(params['url'] ?? ''),
    order_action: () =>
      `${params['kind'] ? t(`oact.name.${params['kind'] as 'cancel'}`) : ''} (${t(
        params['mode'] === 'automatic' ? 'rulebuild.automatic' : 'rulebuild.propose',
      )})`,
  };
  const said = about[type]?.();
  return said ? `${label}: ${said}` : label;
}

function peopleIn(params: RuleAction['params'], choices: ValueChoices): string {
  const said = (ids: unknown, field: string) =>
    (Array.isArray(ids) ? ids : []).map(
      (id) => choices[field]?.find((each) => each.value === id)?.label ?? String(id),
    );
  return [...said(params['team_ids'], 'ticket.team'), ...said(params['user_ids'], 'ticket.assignee')].join(
    ', ',
  );
}

function tagsIn(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : '';
}

function lower(words: string): string {
  return t('rulebuild.lower') === 'yes' ? words.slice(0, 1).toLowerCase() + words.slice(1) : words;
}
