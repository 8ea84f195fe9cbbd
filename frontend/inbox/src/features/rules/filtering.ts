import type { RuleRecord } from '@aftercare/api/rules.ts';

// Which rules of a long list are looked for.

export const STATES = ['on', 'shadow', 'off', 'draft', 'paused', 'failing'] as const;
export type RuleState = (typeof STATES)[number];

export interface RuleFilter {
  words: string;
  state: RuleState | '';
  trigger: string;
  /** A kind of action. */
  action: string;
  tag: string;
}

export const NO_FILTER: RuleFilter = { words: '', state: '', trigger: '', action: '', tag: '' };

type Said = Pick<RuleRecord, 'name' | 'description' | 'triggers' | 'actions' | 'else_actions' | 'conditions'>;

/** What the rule says live and in its draft: either may be what is looked for. */
function versionsOf(rule: RuleRecord): Said[] {
  const draft = rule.draft ? [rule.draft.definition as Said] : [];
  return rule.live_version ? [rule, ...draft] : draft.length ? draft : [rule];
}

export function isInState(rule: RuleRecord, state: RuleState): boolean {
  if (state === 'draft') return rule.draft !== null;
  if (state === 'paused') return rule.paused_at !== null;
  if (state === 'failing') return rule.stats.failed_24h > 0;
  return rule.mode === state;
}

/** Tags that a rule gives, takes or asks for. */
export function tagsOf(rule: RuleRecord): string[] {
  return versionsOf(rule).flatMap((said) => [
    ...[...said.actions, ...said.else_actions].flatMap(({ params }) => textsIn(params?.['tags'])),
    ...tagsAsked(said.conditions),
  ]);
}

function textsIn(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((each): each is string => typeof each === 'string');
}

function tagsAsked(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(tagsAsked);
  if (node === null || typeof node !== 'object') return [];
  const { field, value, ...rest } = node as { field?: unknown; value?: unknown };
  return field === 'ticket.tags' ? textsIn(value) : Object.values(rest).flatMap(tagsAsked);
}

const folded = (text: string) => text.toLocaleLowerCase();

export function isFound(rule: RuleRecord, filter: RuleFilter): boolean {
  const versions = versionsOf(rule);
  const words = folded(filter.words).split(/\s+/).filter(Boolean);
  const text = folded(
    [rule.summary, rule.draft?.summary, ...versions.flatMap((each) => [each.name, each.description])].join(
      ' ',
    ),
  );
  return (
    words.every((word) => text.includes(word)) &&
    (!filter.state || isInState(rule, filter.state)) &&
    (!filter.trigger || versions.some((each) => each.triggers.includes(filter.trigger))) &&
    (!filter.action || versions.some((each) => hasAction(each, filter.action))) &&
    (!filter.tag || tagsOf(rule).includes(filter.tag))
  );
}

function hasAction(said: Said, type: string): boolean {
  return [...said.actions, ...said.else_actions].some((each) => each.type === type);
}

/** How many of the choices are made; words are seen where they are typed. */
export function chosenIn(filter: RuleFilter): number {
  return [filter.state, filter.trigger, filter.action, filter.tag].filter(Boolean).length;
}

/** What is there to choose: only what some rule has. */
export function choicesIn(rules: readonly RuleRecord[]) {
  const sorted = (values: string[]) => [...new Set(values)].sort((a, b) => a.localeCompare(b));
  const versions = rules.flatMap(versionsOf);
  return {
    states: STATES.filter((state) => rules.some((rule) => isInState(rule, state))),
    triggers: sorted(versions.flatMap((each) => each.triggers)),
    actions: sorted(
      versions.flatMap((each) => [...each.actions, ...each.else_actions].map(({ type }) => type)),
    ),
    tags: sorted(rules.flatMap(tagsOf)),
  };
}
