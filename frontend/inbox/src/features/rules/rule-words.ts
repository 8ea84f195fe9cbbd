import type { Rule } from '@aftercare/api';
import type { RuleWords } from '@aftercare/api/rules.ts';
import { t, type Word } from '@aftercare/ui';

const plain = (name: string) =>
  name
    .replace(/^(ticket|message|customer|order)\./, (_, root: string) => `${root} `)
    .replaceAll('_', ' ')
    .replaceAll('.', ' ');

/** “A message comes in, A ticket begins” */
export function triggerWords(rule: Pick<Rule, 'triggers'>): string {
  return rule.triggers.map(triggerLabel).join(', ');
}

const TRIGGER_WORDS: Record<string, Word> = {
  'message.received': 'rulebuild.on.message.received',
  'message.queued': 'rulebuild.on.message.queued',
  'message.noted': 'rulebuild.on.message.noted',
  'ticket.created': 'rulebuild.on.ticket.created',
  'ticket.status_changed': 'rulebuild.on.ticket.status_changed',
  'ticket.assigned': 'rulebuild.on.ticket.assigned',
  'ticket.tagged': 'rulebuild.on.ticket.tagged',
  'ticket.priority_changed': 'rulebuild.on.ticket.priority_changed',
  'ticket.snoozed': 'rulebuild.on.ticket.snoozed',
  'csat.answered': 'rulebuild.on.csat.answered',
  'order.paid': 'rulebuild.on.order.paid',
  'order.fulfilled': 'rulebuild.on.order.fulfilled',
  'order.delivered': 'rulebuild.on.order.delivered',
  'order.cancelled': 'rulebuild.on.order.cancelled',
  'order.refunded': 'rulebuild.on.order.refunded',
  'order.trouble': 'rulebuild.on.order.trouble',
  no_reply: 'rulebuild.on.no_reply',
  schedule: 'rulebuild.on.schedule',
  manual: 'rulebuild.on.manual',
};
const ACTION_WORDS: Record<string, Word> = {
  add_tags: 'rulebuild.do.add_tags',
  remove_tags: 'rulebuild.do.remove_tags',
  set_priority: 'rulebuild.do.set_priority',
  set_status: 'rulebuild.do.set_status',
  assign_person: 'rulebuild.do.assign_person',
  assign_team: 'rulebuild.do.assign_team',
  assign_by_turn: 'rulebuild.do.assign_by_turn',
  snooze: 'rulebuild.do.snooze',
  add_note: 'rulebuild.do.add_note',
  reply_with_macro: 'rulebuild.do.reply_with_macro',
  turn_survey_off: 'rulebuild.do.turn_survey_off',
  post_to_slack: 'rulebuild.do.post_to_slack',
  notify: 'rulebuild.do.notify',
  webhook: 'rulebuild.do.webhook',
  set_field: 'rulebuild.do.set_field',
  order_action: 'rulebuild.do.order_action',
};

export function triggerLabel(type: string): string {
  const word = TRIGGER_WORDS[type];
  return word ? t(word) : plain(type);
}

/** A kind of action in the reader's language, else as the server calls it. */
export function actionLabel(type: string, words: RuleWords): string {
  const word = ACTION_WORDS[type];
  return word ? t(word) : (words.actions.find((each) => each.type === type)?.label ?? plain(type));
}

function written(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(written).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value).replaceAll('_', ' ');
}

/** An action in words: the server's own sentence where it has one. */
export function actionWords(action: Rule['actions'][number]): string {
  if (action.description) return action.description;
  const values = Object.values(action.params ?? {})
    .map(written)
    .filter(Boolean);
  return [plain(action.type), values.join(', ')].filter(Boolean).join(': ');
}
