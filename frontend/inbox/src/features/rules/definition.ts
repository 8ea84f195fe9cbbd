import type { Definition, Params, RuleAction, RuleRecord } from '@aftercare/api/rules.ts';
import type { FieldProblem } from '@aftercare/api';

/** What is worked on: the draft, or what is live as the beginning of one. */
export function definitionOf(rule: RuleRecord): Definition {
  if (rule.draft) return rule.draft.definition;
  const plain = ({ type, params }: { type: string; params?: Params }): RuleAction => ({
    type,
    params: params ?? {},
  });
  return {
    name: rule.name,
    description: rule.description ?? '',
    triggers: rule.triggers,
    wait: rule.wait,
    schedule: rule.schedule,
    conditions: rule.conditions ?? {},
    actions: rule.actions.map(plain),
    else_actions: rule.else_actions.map(plain),
    stop_after: rule.stop_after,
    runs_on_automatic: rule.runs_on_automatic,
    once_per_ticket_hours: rule.once_per_ticket_hours,
    limits: rule.limits,
  };
}

const EMPTY: Record<string, Params> = {
  set_priority: { priority: 'high' },
  set_status: { status: 'closed' },
  snooze: { duration: '1d' },
  order_action: { kind: 'cancel', params: {}, mode: 'propose', caps: {} },
};

/** A new action with what can be said without asking. */
export function newAction(type: string): RuleAction {
  return { type, params: { ...EMPTY[type] } };
}

export function moved<T>(list: readonly T[], from: number, by: -1 | 1): T[] {
  const to = from + by;
  const item = list[from];
  if (item === undefined || to < 0 || to >= list.length) return [...list];
  return list.toSpliced(from, 1).toSpliced(to, 0, item);
}

export function movedTo<T>(list: readonly T[], from: number, to: number): T[] {
  const item = list[from];
  return item === undefined ? [...list] : list.toSpliced(from, 1).toSpliced(to, 0, item);
}

/** Triggers that ask for more get what they ask for; others lose it. */
export function withTriggers(definition: Definition, triggers: string[]): Definition {
  return {
    ...definition,
    triggers,
    wait: triggers.includes('no_reply')
      ? (definition.wait ?? { after: '2h', since: 'customer_message' })
      : null,
    schedule: triggers.includes('schedule')
      ? (definition.schedule ?? { days: ['mon', 'tue', 'wed', 'thu', 'fri'], at: '09:00' })
      : null,
  };
}

/** The complaint about one place: `actions.0` also hears what is wrong inside of it. */
export function complaintAt(errors: readonly FieldProblem[], path: string): string {
  const found = errors.find((error) => error.path === path || error.path.startsWith(`${path}.`));
  return found?.message ?? '';
}

/** Bars of a week, as shares of its busiest day. */
export function barsOf(perDay: readonly number[]): number[] {
  const most = Math.max(1, ...perDay);
  return perDay.map((n) => n / most);
}
