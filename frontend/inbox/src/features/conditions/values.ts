import type { ConditionField } from '@aftercare/api';
import { channelName, countryName, languageName, t, type Word } from '@aftercare/ui';
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
};
/** What a word is called in the catalogue, where it has one. */
function wordFor(key: string): string {
  return t(key as Word);
}

/** What a field belongs to, as the heading over such fields. */
export function rootLabel(root: string): string {
  return wordFor(`cond.root.${root}`) || root.replaceAll('_', ' ');
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
  return word ? t(word) : wordFor(`cond.f.${field.name}`) || field.label;
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

/** Fields whose values mean the same as those of another. */
const SAME_VALUES: Record<string, string> = {
  'ticket.sentiment': 'message.sentiment',
  'ticket.intent': 'intent',
  'message.intent': 'intent',
  'message.intents': 'intent',
  'survey.comment_intent': 'intent',
};

/** A value in the reader's language; `field` says what it is a value of. */
export function valueLabel(value: string, field = ''): string {
  const own = ownLabel(value, field);
  if (own) return own;
  const word = KNOWN[value];
  return word ? t(word) : value.replaceAll('_', ' ');
}

function ownLabel(value: string, field: string): string {
  if (!value) return '';
  if (field.endsWith('.language')) return languageName(value);
  if (field.endsWith('.country')) return countryName(value);
  if (field.endsWith('.channel_kind')) return channelName(value);
  const of = SAME_VALUES[field] ?? field;
  return wordFor(of === 'intent' ? `intent.${value}` : `cond.v.${of}.${value}`);
}

/** Written by hand where a shop has not met them yet: any other code can be typed. */
const LANGUAGES = 'en de fr es it nl pl cs sk ru uk pt sv da nb fi hu ro bg el tr ar he th zh ja ko vi id';
const CURRENCIES = 'EUR USD GBP CHF CZK PLN SEK DKK NOK HUF RON BGN CAD AUD NZD JPY CNY THB';
const COUNTRIES =
  'AT AU BE BG BR CA CH CN CY CZ DE DK EE ES FI FR GB GR HR HU IE IL IN IS IT JP KR LI LT LU LV MT MX NL NO NZ PL PT RO RS RU SE SG SI SK TH TR UA US ZA';

/** Fields that also take words nobody has used yet. */
export function isOpenField(name: string): boolean {
  return /^ticket\.tags$|^order\.(tags|currency)$|\.(language|country)$/.test(name);
}

/** What the shop has: its people, teams, channels and tags. */
export function shopChoices(app: App): ValueChoices {
  const named = (records: Iterable<{ id: string; name: string }>) =>
    [...records].map(({ id, name }) => ({ value: id, label: name }));
  const coded = (codes: string, field: string) =>
    codes
      .split(' ')
      .map((value) => ({ value, label: valueLabel(value, field) }))
      .sort((a, b) => a.label.localeCompare(b.label));
  const kinds = [...new Set([...app.records.channels.values()].map(({ kind }) => kind))].map((kind) => ({
    value: kind,
    label: channelName(kind),
  }));
  const countries = coded(COUNTRIES, 'customer.country');
  const languages = coded(LANGUAGES, 'ticket.language');
  const people = [{ value: 'me', label: t('cond.me') }, ...named(app.records.users.values())];
  return {
    'ticket.assignee': people,
    'ticket.followers': people,
    'ticket.mentions': people,
    'ticket.team': named(app.records.teams.values()),
    'ticket.channel': named(app.records.channels.values()),
    'ticket.tags': [...app.records.tags.values()].map(({ name }) => ({ value: name, label: name })),
    'ticket.channel_kind': kinds,
    'message.channel_kind': kinds,
    'ticket.language': languages,
    'message.language': languages,
    'customer.language': languages,
    'customer.country': countries,
    'order.country': countries,
    'order.currency': CURRENCIES.split(' ').map((value) => ({ value, label: value })),
  };
}
