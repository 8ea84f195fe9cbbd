/* Made by `make api` from helpdesk/events/catalog.py. Do not edit. */

export const CATALOG_VERSION = 1;

export interface TimerRecord {
  id: string;
  rule_id: string;
  name: string;
  due_at: string;
}

export interface SlaRecord {
  policy: string;
  target: 'first_reply' | 'next_reply' | 'resolution';
  state: 'running' | 'paused' | 'breached' | 'met';
  due_at: string | null;
  amber_at: string | null;
}

export interface LinkRecord {
  id: string;
  number: number;
  kind: 'related' | 'split_from' | 'split_to' | 'merged_from' | 'merged_into';
}

export interface TicketRecord {
  id: string;
  number: number;
  subject: string;
  status: 'open' | 'snoozed' | 'closed' | 'spam' | 'trash';
  priority: 'urgent' | 'high' | 'normal' | 'low';
  is_unread: boolean;
  assignee_id: string | null;
  team_id: string | null;
  customer_id: string;
  channel_id: string;
  channel_kind: string;
  kind: 'request' | 'mention' | 'review' | 'call';
  language: string | null;
  intent: string | null;
  sentiment: string | null;
  tags: Array<string>;
  snippet: string;
  last_message_direction: 'in' | 'out' | null;
  last_message_at: string;
  waiting_since: string | null;
  snoozed_until: string | null;
  wakes_on: 'reply' | 'shipped' | 'delivered' | null;
  wakes_order_id: string | null;
  order_id: string | null;
  message_count: number;
  last_position: number;
  has_attachments: boolean;
  follower_ids: Array<string>;
  mentioned_ids: Array<string>;
  csat_state: 'planned' | 'sent' | 'answered' | 'not_sent' | null;
  csat_score: number | null;
  csat_reason: string | null;
  created_at: string;
  updated_at: string;
  closed_at: string | null;
  fields: Record<string, unknown>;
  timers: Array<TimerRecord>;
  sla: SlaRecord | null;
  merged_into_id: string | null;
  links: Array<LinkRecord>;
  draft_user_ids: Array<string>;
  version: number;
}

export interface HandleRecord {
  id: string;
  kind: string;
  value: string;
  label: string;
  is_verified: boolean;
  bounced_at: string | null;
  bounce_reason: string;
  opted_out: Array<string>;
}

export interface CustomerRecord {
  id: string;
  name: string;
  language: string | null;
  time_zone: string | null;
  city: string | null;
  country: string | null;
  is_vip: boolean;
  note: string;
  handles: Array<HandleRecord>;
  fields: Record<string, unknown>;
  merged_into_id: string | null;
  created_at: string;
  version: number;
}

export interface TicketPayload {
  ticket: TicketRecord;
  customer: CustomerRecord;
  change?: Record<string, Array<unknown>>;
}

export interface HiddenPayload {
  ticket_id: string;
}

export interface OtherTicket {
  id: string;
  number: number;
  subject: string;
}

export interface TwoTicketsPayload {
  ticket: TicketRecord;
  customer: CustomerRecord;
  other_ticket: OtherTicket;
  positions: Record<string, Array<number>>;
}

export interface RemovedPayload {
  ticket_id: string;
  number: number;
}

export interface AuthorRecord {
  type: 'customer' | 'agent' | 'rule' | 'system';
  id: string | null;
  name: string;
}

export interface AddressRecord {
  name: string;
  address: string;
}

export interface AttachmentRecord {
  id: string;
  name: string;
  content_type: string;
  size_bytes: number;
  is_inline: boolean;
  content_id: string;
  url: string;
  state: 'ready' | 'waiting' | 'failed';
  detail: string;
}

export interface MentionRecord {
  kind: 'user' | 'team';
  id: string;
  name: string;
}

export interface MessageRecord {
  id: string;
  ticket_id: string;
  position: number;
  kind: 'customer' | 'reply' | 'note' | 'survey' | 'auto_reply' | 'bounce';
  direction: 'in' | 'out' | 'internal';
  author: AuthorRecord;
  channel_id: string | null;
  channel_kind: string | null;
  from_address: AddressRecord | null;
  to: Array<AddressRecord>;
  cc: Array<AddressRecord>;
  bcc: Array<AddressRecord>;
  subject: string;
  text: string;
  html: string | null;
  quoted_text: string;
  signature_text: string;
  has_html: boolean;
  is_truncated: boolean;
  language: string | null;
  intent: string | null;
  intent_confidence: number | null;
  sentiment: string | null;
  is_sender_verified: boolean | null;
  attachments: Array<AttachmentRecord>;
  delivery_state:
    | 'held'
    | 'queued'
    | 'sending'
    | 'sent'
    | 'delayed'
    | 'failed'
    | 'uncertain'
    | 'bounced'
    | 'delivered'
    | 'read'
    | 'withdrawn'
    | null;
  delivery_reason: string | null;
  send_after: string | null;
  is_scheduled: boolean;
  stops_on_reply: boolean;
  sent_at: string | null;
  created_at: string;
  macro_id: string | null;
  rule_run_id: string | null;
  mentions: Array<MentionRecord>;
  details: Record<string, unknown>;
  version: number;
}

export interface MessagePayload {
  message: MessageRecord;
  ticket: TicketRecord;
  customer: CustomerRecord;
  change?: Record<string, Array<unknown>>;
}

export interface CustomerPayload {
  customer: CustomerRecord;
  change?: Record<string, Array<unknown>>;
}

export interface CustomerNoteRecord {
  id: string;
  customer_id: string;
  author_id: string | null;
  author_name: string;
  text: string;
  created_at: string;
  edited_at: string | null;
  version: number;
}

export interface CustomerNotePayload {
  note: CustomerNoteRecord;
  is_deleted: boolean;
}

export interface CustomerMergePayload {
  merge_id: string;
  customer: CustomerRecord;
  other: CustomerRecord;
}

export interface CustomFieldRecord {
  id: string;
  owner: 'customer' | 'ticket';
  slug: string;
  name: string;
  type: 'text' | 'number' | 'flag' | 'choice' | 'date' | 'link';
  choices: Array<string>;
  position: number;
  is_archived: boolean;
}

export interface CustomFieldPayload {
  field: CustomFieldRecord;
}

export interface OrderPayload {
  order_id: string;
  customer_id: string | null;
  change?: Record<string, Array<unknown>>;
}

export interface ProfilePayload {
  profile_id: string;
  customer_id: string | null;
  change?: Record<string, Array<unknown>>;
}

export interface MoneyRecord {
  minor: number;
  currency: string;
  text: string;
}

export interface ActionStepRecord {
  name: string;
  state: 'waiting' | 'done' | 'pending' | 'failed';
  amount: MoneyRecord | null;
  quantity: number | null;
  about: string;
  reference: string;
  reason: string;
  detail: Record<string, unknown>;
  can_retry: boolean;
}

export interface ActionActorRecord {
  id: string | null;
  name: string;
}

export interface ApprovalRecord {
  reason: 'limit' | 'budget' | 'capability';
  limit: MoneyRecord | null;
}

export interface OrderActionRecord {
  id: string;
  order_id: string;
  order_number: string;
  store_id: string;
  store_name: string;
  ticket_id: string | null;
  customer_id: string | null;
  kind: string;
  params: Record<string, unknown>;
  amount: MoneyRecord | null;
  refund_to: string;
  state:
    | 'proposed'
    | 'needs_approval'
    | 'queued'
    | 'running'
    | 'pending'
    | 'checking'
    | 'done'
    | 'partial'
    | 'failed'
    | 'rejected'
    | 'expired';
  steps: Array<ActionStepRecord>;
  actor: ActionActorRecord;
  approver: ActionActorRecord | null;
  approval: ApprovalRecord | null;
  note: string;
  reason: string;
  reason_code: string;
  instead: Array<string>;
  is_automatic: boolean;
  rule_id: string | null;
  before: Record<string, string>;
  after: Record<string, string>;
  can_retry: boolean;
  needs_person: boolean;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  expires_at: string | null;
  version: number;
}

export interface OrderActionPayload {
  order_action: OrderActionRecord;
  ticket_id: string | null;
  team_id: string | null;
  customer_id: string | null;
  change?: Record<string, Array<unknown>>;
}

export interface OrderLimitsPayload {
  policies: Array<Record<string, unknown>>;
  approvals: Record<string, unknown> | null;
  change?: Record<string, Array<unknown>>;
}

export interface CreditRecord {
  user_id: string;
  share: number;
}

export interface SurveyRecord {
  id: string;
  ticket_id: string;
  kind: 'csat' | 'nps';
  score: number | null;
  comment: string;
  comment_intent: string;
  credits: Array<CreditRecord>;
  answered_at: string | null;
  recovered_at: string | null;
}

export interface SurveyPayload {
  ticket: TicketRecord;
  customer: CustomerRecord;
  survey: SurveyRecord;
}

export interface SlaPayload {
  ticket: TicketRecord;
  customer: CustomerRecord;
  target: 'first_reply' | 'next_reply' | 'resolution';
  policy: string;
  policy_id: string | null;
  due_at: string | null;
  tell?: Array<string>;
}

export interface RuleNotice {
  user_ids: Array<string>;
  team_ids: Array<string>;
  text: string;
}

export interface RuleRunPayload {
  ticket_id: string;
  run_id: string;
  rule_id: string;
  rule_name: string;
  rule_version: number;
  actions: Array<string>;
  team_id?: string | null;
  notify?: Array<RuleNotice>;
  trouble?: string;
}

export interface RuleDuePayload {
  ticket_id: string;
  rule_id: string;
  trigger: string;
  message_id: string | null;
  order_id: string | null;
  team_id: string | null;
}

export interface UserRecord {
  id: string;
  name: string;
  email: string;
  initials: string;
  avatar_url: string | null;
  role: 'admin' | 'agent' | 'viewer';
  team_ids: Array<string>;
  is_active: boolean;
  is_available: boolean;
}

export interface UserPayload {
  user: UserRecord;
  change?: Record<string, Array<unknown>>;
}

export interface OrganizationRecord {
  id: string;
  name: string;
  slug: string;
  settings: Record<string, unknown>;
}

export interface OrganizationPayload {
  organization: OrganizationRecord;
  change?: Record<string, Array<unknown>>;
}

export interface TeamRecord {
  id: string;
  name: string;
  strategy: 'manual' | 'round_robin' | 'least_busy';
  capacity: number | null;
  is_private: boolean;
}

export interface TeamPayload {
  team: TeamRecord;
  is_deleted?: boolean;
  change?: Record<string, Array<unknown>>;
}

export interface NotificationRecord {
  id: string;
  kind: string;
  ticket_id: string | null;
  ticket_number: number | null;
  ticket_subject: string;
  customer_name: string;
  channel_id: string | null;
  channel_name: string;
  store_id: string | null;
  store_name: string;
  order_action_id: string | null;
  order_number: string;
  message_id: string | null;
  actor: AuthorRecord;
  preview: string;
  channels: Array<string>;
  is_listed: boolean;
  created_at: string;
  read_at: string | null;
}

export interface NotificationPayload {
  user_id: string;
  notification: NotificationRecord;
}

export interface ReadPayload {
  user_id: string;
  notification_ids: Array<string>;
}

export interface TagRecord {
  id: string;
  name: string;
  description: string;
}

export interface TagPayload {
  tag: TagRecord;
}

export interface ChannelHealth {
  state: 'ok' | 'failing' | 'paused' | 'unknown';
  last_success_at: string | null;
  detail: string;
}

export interface ChannelRecord {
  id: string;
  slug: string;
  kind: string;
  handle_kind: string;
  name: string;
  address: string;
  is_active: boolean;
  health: ChannelHealth;
}

export interface ChannelPayload {
  channel: ChannelRecord;
  is_deleted?: boolean;
}

export interface StoreHealth {
  state: 'ok' | 'failing' | 'attention' | 'paused' | 'disconnected' | 'unknown';
  detail: string;
  failing_since: string | null;
  last_sync_at: string | null;
}

export interface BackfillRecord {
  state: 'running' | 'paused' | 'done' | 'failed';
  done: number;
  skipped: number;
  total: number | null;
  per_second: number | null;
  seconds_left: number | null;
  waits_until: string | null;
  reason: string;
  began_at: string;
  finished_at: string | null;
}

export interface ConnectedStoreRecord {
  id: string;
  slug: string;
  kind: string;
  name: string;
  address: string;
  currency: string;
  is_active: boolean;
  health: StoreHealth;
  backfill: BackfillRecord | null;
  version: number;
}

export interface StorePayload {
  store: ConnectedStoreRecord;
  is_deleted?: boolean;
}

export interface ViewRecord {
  id: string;
  slug: string;
  name: string;
  icon: string;
  section: 'me' | 'team' | 'channels';
  scope: 'personal' | 'team' | 'shared';
  owner_id: string | null;
  team_id: string | null;
  conditions: Record<string, unknown>;
  sort: string;
  group: '' | 'status' | 'priority' | 'assignee' | 'channel' | 'day';
  columns: Array<string>;
  position: number;
  is_shipped: boolean;
}

export interface ViewPayload {
  view: ViewRecord;
  is_deleted: boolean;
}

export interface ViewRemovedPayload {
  id: string;
  scope: 'personal' | 'team' | 'shared';
  owner_id: string | null;
  team_id: string | null;
  is_deleted: boolean;
}

export interface ViewOrderPayload {
  user_id: string;
  view_ids: Array<string>;
}

export interface MacroRemovedPayload {
  id: string;
  audience: 'everybody' | 'team' | 'personal';
  owner_id: string | null;
  team_id: string | null;
  is_deleted: boolean;
}

export interface MacroOrderAction {
  kind: string;
  params: Record<string, unknown>;
}

export interface MacroPayload {
  id: string;
  name: string;
  folder?: string;
  acts_on_order?: MacroOrderAction | null;
  audience?: 'everybody' | 'team' | 'personal';
  owner_id?: string | null;
  team_id?: string | null;
  is_deleted: boolean;
}

export interface BulkFailure {
  ticket_id: string;
  number: number;
  reason: string;
}

export interface BulkJobRecord {
  id: string;
  user_id: string;
  action: string;
  params: Record<string, unknown>;
  state: 'running' | 'done' | 'cancelled' | 'undoing' | 'undone';
  total: number;
  done: number;
  failed: number;
  undone: number;
  kept: number;
  is_reversible: boolean;
  undo_until: string | null;
  failures: Array<BulkFailure>;
  created_at: string;
  finished_at: string | null;
  version: number;
}

export interface BulkPayload {
  job: BulkJobRecord;
}

export interface SettingPayload {
  id: string;
  name: string;
  is_deleted: boolean;
}

export interface SettingChangePayload {
  kind: 'sla_policy' | 'calendar' | 'surveys';
  id: string;
  name: string;
  is_deleted: boolean;
  change: Record<string, Array<unknown>>;
}

export interface EventPayloads {
  /** A ticket began */
  'ticket.created': TicketPayload;
  /** Subject, language or marks changed */
  'ticket.updated': TicketPayload;
  /** Opened, closed, spam or trash */
  'ticket.status_changed': TicketPayload;
  /** Given to a person or team, or to none */
  'ticket.assigned': TicketPayload;
  /** Tags were added or removed */
  'ticket.tagged': TicketPayload;
  /** The priority changed */
  'ticket.priority_changed': TicketPayload;
  /** Put to sleep or woken */
  'ticket.snoozed': TicketPayload;
  /** Marked as read or unread */
  'ticket.read': TicketPayload;
  /** Somebody follows it, or no longer */
  'ticket.followed': TicketPayload;
  /** Somebody began a draft, or ended it */
  'ticket.drafted': TicketPayload;
  /** Out of this person's sight; never stored */
  'ticket.hidden': HiddenPayload;
  /** Two tickets became one */
  'ticket.merged': TwoTicketsPayload;
  /** A merge was taken back */
  'ticket.unmerged': TwoTicketsPayload;
  /** Messages left for a new ticket */
  'ticket.split': TwoTicketsPayload;
  /** Two tickets name each other */
  'ticket.linked': TwoTicketsPayload;
  /** They do so no more */
  'ticket.unlinked': TwoTicketsPayload;
  /** Deleted for good */
  'ticket.removed': RemovedPayload;
  /** A message came in */
  'message.received': MessagePayload;
  /** Language, intent, sentiment known */
  'message.understood': MessagePayload;
  /** A person says what it wants */
  'message.intent_corrected': MessagePayload;
  /** A message waits to be sent */
  'message.queued': MessagePayload;
  /** An internal note was added */
  'message.noted': MessagePayload;
  /** The message is on another ticket now */
  'message.moved': MessagePayload;
  /** Delivery moved forward */
  'message.delivery_changed': MessagePayload;
  /** Its text, files or details changed */
  'message.changed': MessagePayload;
  /** Sending was undone in time */
  'message.withdrawn': MessagePayload;
  /** A customer or handle changed */
  'customer.updated': CustomerPayload;
  /** A note on a customer changed */
  'customer.noted': CustomerNotePayload;
  /** Two customers became one */
  'customer.merged': CustomerMergePayload;
  /** A merge was undone */
  'customer.unmerged': CustomerMergePayload;
  /** A custom field was defined */
  'field.updated': CustomFieldPayload;
  /** An order changed at the store */
  'order.updated': OrderPayload;
  /** A service said what it knows of one */
  'profile.updated': ProfilePayload;
  /** An order action moved on */
  'order_action.changed': OrderActionPayload;
  /** Who may do what to orders */
  'order_limits.updated': OrderLimitsPayload;
  /** A survey will be sent */
  'csat.planned': SurveyPayload;
  /** A survey went out */
  'csat.sent': SurveyPayload;
  /** A customer gave a score */
  'csat.answered': SurveyPayload;
  /** A target will soon be missed */
  'sla.warned': SlaPayload;
  /** A target was missed */
  'sla.breached': SlaPayload;
  /** A rule matched and acted */
  'rule.ran': RuleRunPayload;
  /** A rule is to run by time, hand or order */
  'rule.due': RuleDuePayload;
  /** A person or their role changed */
  'user.updated': UserPayload;
  /** The shop's settings changed */
  'organization.updated': OrganizationPayload;
  /** A team changed */
  'team.updated': TeamPayload;
  /** A person has news */
  'notification.added': NotificationPayload;
  /** A person has seen their news */
  'notification.read': ReadPayload;
  /** A tag was added or described */
  'tag.updated': TagPayload;
  /** A channel or its health changed */
  'channel.updated': ChannelPayload;
  /** A store, its health or its backfill moved */
  'store.updated': StorePayload;
  /** A view changed */
  'view.updated': ViewPayload;
  /** A view is gone, or gone for some */
  'view.removed': ViewRemovedPayload;
  /** A person moved their views about */
  'view.ordered': ViewOrderPayload;
  /** A macro is gone for some */
  'macro.removed': MacroRemovedPayload;
  /** A macro changed */
  'macro.updated': MacroPayload;
  /** Work on many tickets went on */
  'bulk.progressed': BulkPayload;
  /** A sender was blocked or unblocked */
  'sender.updated': SettingPayload;
  /** A service level or survey changed */
  'setting.updated': SettingChangePayload;
  /** A rule changed */
  'rule.updated': SettingPayload;
}

export type EventName = keyof EventPayloads;
