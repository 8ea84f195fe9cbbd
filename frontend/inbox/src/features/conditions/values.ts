import type { ConditionField } from '@aftercare/api';
import { t, type Word } from '@aftercare/ui';
import type { App } from '$lib/app.svelte';

export interface ValueChoice {
  value: string;
  label: string;
}
/** The choices of fields that point to people, teams, channels or tags, by field name. */
export type ValueChoices = Readonly<Record<string, readonly ValueChoice[]>>;

const FIELD_WORDS: Record<string, Word> = {
  'ticket.status': 'cond.status',
  'ticket.priority': 'cond.priority',
  'ticket.assignee': 'cond.assignee',
  'ticket.team': 'cond.team',
  'ticket.channel': 'cond.channel',
  'ticket.channel_kind': 'cond.channelKind',
  'ticket.kind': 'cond.ticketKind',
  'ticket.tags': 'cond.tags',
  'ticket.subject': 'cond.subject',
  'ticket.language': 'cond.language',
  'ticket.intent': 'cond.intent',
  'ticket.sentiment': 'cond.sentiment',
  'ticket.is_unread': 'cond.unread',
  'ticket.has_attachments': 'cond.attachments',
  'ticket.message_count': 'cond.messages',
  'ticket.csat_score': 'cond.csatScore',
  'ticket.created_at': 'cond.created',
  'ticket.updated_at': 'cond.updated',
  'ticket.last_message_at': 'cond.lastMessage',
  'ticket.waiting_since': 'cond.waiting',
  'ticket.closed_at': 'cond.closed',
  'customer.is_vip': 'cond.vip',
  'customer.country': 'cond.country',
  'loyalty.is_member': 'profile.condMember',
  'loyalty.points': 'profile.condPoints',
  'loyalty.tier': 'profile.condTier',
  'marketing.email_consent': 'profile.condEmail',
  'marketing.sms_consent': 'profile.condSms',
  'marketing.predicted_value': 'profile.condPredicted',
  'marketing.churn_percent': 'profile.condChurn',
  'message.direction': 'cond.f.message.direction',
  'message.kind': 'cond.f.message.kind',
  'message.subject': 'cond.f.message.subject',
  'message.text': 'cond.f.message.text',
  'message.language': 'cond.f.message.language',
  'message.intent': 'cond.f.message.intent',
  'message.sentiment': 'cond.f.message.sentiment',
  'message.channel_kind': 'cond.f.message.channel_kind',
  'message.is_public': 'cond.f.message.is_public',
  'message.rating': 'cond.f.message.rating',
  'message.is_first': 'cond.f.message.is_first',
  'message.is_automatic': 'cond.f.message.is_automatic',
  'message.is_sender_verified': 'cond.f.message.is_sender_verified',
  'message.has_attachments': 'cond.f.message.has_attachments',
  'survey.kind': 'cond.f.survey.kind',
  'survey.score': 'cond.f.survey.score',
  'survey.nps_group': 'cond.f.survey.nps_group',
  'survey.comment': 'cond.f.survey.comment',
  'survey.comment_intent': 'cond.f.survey.comment_intent',
  'customer.language': 'cond.f.customer.language',
  'order.number': 'cond.f.order.number',
  'order.state': 'cond.f.order.state',
  'order.financial_status': 'cond.f.order.financial_status',
  'order.fulfillment_status': 'cond.f.order.fulfillment_status',
  'order.is_named': 'cond.f.order.is_named',
  'order.is_fulfilled': 'cond.f.order.is_fulfilled',
  'order.is_cancelled': 'cond.f.order.is_cancelled',
  'order.is_delivered': 'cond.f.order.is_delivered',
  'order.is_stalled': 'cond.f.order.is_stalled',
  'order.is_late': 'cond.f.order.is_late',
  'order.conflict': 'cond.f.order.conflict',
  'order.days_since_delivery': 'cond.f.order.days_since_delivery',
  'order.has_tracking': 'cond.f.order.has_tracking',
  'order.placed_at': 'cond.f.order.placed_at',
  'order.total_minor': 'cond.f.order.total_minor',
  'order.store': 'cond.f.order.store',
};
const ROOTS: Record<string, Word> = {
  ticket: 'cond.root.ticket',
  message: 'cond.root.message',
  customer: 'cond.root.customer',
  order: 'cond.root.order',
};

/** What a field belongs to, as the heading over such fields. */
export function rootLabel(root: string): string {
  const word = ROOTS[root];
  return word ? t(word) : root.replaceAll('_', ' ');
}

const OPERATOR_WORDS: Record<string, Word> = {
  is: 'cond.is',
  is_not: 'cond.isNot',
  is_any_of: 'cond.isAnyOf',
  is_none_of: 'cond.isNoneOf',
  is_empty: 'cond.isEmpty',
  is_present: 'cond.isPresent',
  contains: 'cond.contains',
  contains_not: 'cond.containsNot',
  starts_with: 'cond.startsWith',
  contains_any_of: 'cond.hasAnyOf',
  contains_all_of: 'cond.hasAllOf',
  contains_none_of: 'cond.hasNoneOf',
  less_than: 'cond.lessThan',
  more_than: 'cond.moreThan',
  within_last: 'cond.withinLast',
  longer_ago_than: 'cond.longerAgo',
  has_words: 'cond.hasWords',
  has_phrase: 'cond.hasPhrase',
  changed_from: 'cond.changedFrom',
  changed_to: 'cond.changedTo',
  has_changed: 'cond.hasChanged',
  matches: 'cond.matches',
  has_no_word_of: 'cond.hasNoWordOf',
  has_word_of: 'cond.hasWordOf',
};

/** The field in the reader's language, else as the server calls it. */
export function fieldLabel(field: ConditionField): string {
  const word = FIELD_WORDS[field.name];
  return word ? t(word) : field.label;
}

export function operatorLabel(operator: string): string {
  const word = OPERATOR_WORDS[operator];
  return word ? t(word) : operator.replaceAll('_', ' ');
}

const KNOWN: Record<string, Word> = {
  open: 'status.open',
  snoozed: 'status.snoozed',
  closed: 'status.closed',
  spam: 'status.spam',
  trash: 'status.trash',
  urgent: 'priority.urgent',
  high: 'priority.high',
  normal: 'priority.normal',
  low: 'priority.low',
  request: 'cond.kind.request',
  mention: 'cond.kind.mention',
  review: 'cond.kind.review',
  call: 'cond.kind.call',
  subscribed: 'profile.subscribed',
  unsubscribed: 'profile.unsubscribed',
  never_subscribed: 'profile.neverSubscribed',
};

export function valueLabel(value: string): string {
  const word = KNOWN[value];
  return word ? t(word) : value.replaceAll('_', ' ');
}

/** What the shop has: its people, teams, channels and tags. */
export function shopChoices(app: App): ValueChoices {
  const named = (records: Iterable<{ id: string; name: string }>) =>
    [...records].map(({ id, name }) => ({ value: id, label: name }));
  const people = [{ value: 'me', label: t('cond.me') }, ...named(app.records.users.values())];
  return {
    'ticket.assignee': people,
    'ticket.followers': people,
    'ticket.mentions': people,
    'ticket.team': named(app.records.teams.values()),
    'ticket.channel': named(app.records.channels.values()),
    'ticket.tags': [...app.records.tags.values()].map(({ name }) => ({ value: name, label: name })),
    'ticket.channel_kind': [...new Set([...app.records.channels.values()].map(({ kind }) => kind))].map(
      (kind) => ({ value: kind, label: kind }),
    ),
  };
}
