// The records the API and the event log speak of, in the shape of the API's contract.

export type Id = string;
/** ISO 8601 in UTC. */
export type Instant = string;

export type TicketStatus = 'open' | 'snoozed' | 'closed' | 'spam' | 'trash';
export type Priority = 'urgent' | 'high' | 'normal' | 'low';
export type CsatState = 'planned' | 'sent' | 'answered' | 'not_sent';

export interface Ticket {
  id: Id;
  number: number;
  subject: string;
  status: TicketStatus;
  priority: Priority;
  is_unread: boolean;
  assignee_id: Id | null;
  team_id: Id | null;
  customer_id: Id;
  channel_id: Id;
  channel_kind: string;
  language: string | null;
  intent: string | null;
  sentiment: string | null;
  tags: string[];
  snippet: string;
  last_message_direction: 'in' | 'out' | null;
  last_message_at: Instant;
  /** When the oldest unanswered customer message came. */
  waiting_since: Instant | null;
  snoozed_until: Instant | null;
  message_count: number;
  last_position: number;
  csat_score: number | null;
  csat_state: CsatState | null;
  csat_reason: string | null;
  has_attachments: boolean;
  created_at: Instant;
  updated_at: Instant;
  closed_at: Instant | null;
  merged_into_id: Id | null;
  version: number;
}

export interface Address {
  name: string;
  address: string;
}
export interface Attachment {
  id: Id;
  name: string;
  content_type: string;
  size_bytes: number;
  is_inline: boolean;
  content_id: string | null;
  url: string;
}
export type MessageKind = 'customer' | 'reply' | 'note' | 'survey' | 'auto_reply' | 'bounce';
export type DeliveryState =
  'held' | 'queued' | 'sending' | 'sent' | 'delayed' | 'failed' | 'uncertain' | 'bounced' | 'withdrawn';

export interface Author {
  type: 'customer' | 'agent' | 'rule' | 'system';
  id: Id | null;
  name: string;
}

export interface Message {
  id: Id;
  ticket_id: Id;
  position: number;
  kind: MessageKind;
  direction: 'in' | 'out' | 'internal';
  author: Author;
  channel_id: Id | null;
  channel_kind: string;
  from_address: Address | null;
  to: Address[];
  cc: Address[];
  bcc: Address[];
  subject: string;
  /** The new text only, at most 64 KB. */
  text: string;
  quoted_text: string;
  signature_text: string;
  has_html: boolean;
  is_truncated: boolean;
  language: string | null;
  intent: string | null;
  intent_confidence: number | null;
  sentiment: string | null;
  is_sender_verified: boolean | null;
  attachments: Attachment[];
  delivery_state: DeliveryState | null;
  delivery_reason: string | null;
  send_after: Instant | null;
  created_at: Instant;
  sent_at: Instant | null;
  rule_run_id: Id | null;
  macro_id: Id | null;
  version: number;
}

export interface Handle {
  id: Id;
  kind: string;
  value: string;
  is_verified: boolean;
}
export interface Customer {
  id: Id;
  name: string;
  language: string | null;
  time_zone: string | null;
  city: string | null;
  country: string | null;
  is_vip: boolean;
  note: string;
  handles: Handle[];
  created_at: Instant;
  version: number;
}
/** What rides along with a list of tickets: a customer with at least a name. */
export type LightCustomer = Pick<Customer, 'id' | 'name'> & Partial<Customer>;

export interface User {
  id: Id;
  name: string;
  email: string;
  initials: string;
  role: 'admin' | 'agent' | 'viewer';
  team_ids: Id[];
  is_active: boolean;
  signature?: string;
  settings?: Record<string, unknown>;
}
export interface Team {
  id: Id;
  name: string;
}
export interface Tag {
  name: string;
  description: string;
}
export interface ChannelHealth {
  state: string;
  last_success_at: Instant | null;
  detail: string;
}
export interface Channel {
  id: Id;
  slug: string;
  kind: string;
  name: string;
  address: string;
  is_active: boolean;
  health: ChannelHealth | null;
}
/** A leaf compares one field; a group joins its children. */
export type Condition =
  | { all: Condition[] }
  | { any: Condition[] }
  | { not: Condition }
  | { field: string; operator: string; value?: unknown };
export interface View {
  id: Id;
  slug: string;
  name: string;
  icon: string;
  section: 'me' | 'team' | 'channels';
  conditions: Condition | Record<string, never> | null;
  sort: string;
  position: number;
}
export interface TimelineEvent {
  seq: number;
  type: string;
  at: Instant;
  actor: { type: string; id: Id | null; name: string };
  ticket_id: Id;
  data: Record<string, unknown>;
}
export interface MacroVariant {
  language: string;
  subject: string | null;
  body: string;
}
export interface MacroAction {
  type: string;
  params: Record<string, unknown>;
}
export interface LightMacro {
  id: Id;
  name: string;
  folder: string;
}
export interface Macro extends LightMacro {
  language_variants: MacroVariant[];
  actions: MacroAction[];
  is_active: boolean;
  usage_count: number;
  version: number;
}
export interface MissingValue {
  path: string;
  reason: string;
  sentence: string;
}
export interface RenderedMacro {
  text: string;
  html: string;
  subject: string | null;
  language: string;
  missing: MissingValue[];
  spans: { start: number; end: number; path: string; value: string }[];
  order: { id: Id; number: string } | null;
  orders: { id: Id; number: string }[];
  actions: { type: string; description: string }[];
}
export interface MacroProblem {
  path?: string;
  line?: number;
  code?: string;
  message: string;
}
export interface TraceLine {
  path: string;
  text: string;
  actual: unknown;
  wanted: unknown;
  is_true: boolean | null;
}
export interface RuleRun {
  id: Id;
  rule_id: Id;
  rule_name: string;
  rule_version: number;
  ticket_id: Id;
  message_id: Id | null;
  at: Instant;
  is_match: boolean;
  trace: TraceLine[];
  actions: { type: string; description: string; outcome: string }[];
}
export interface Rule {
  id: Id;
  name: string;
  is_active: boolean;
  triggers: string[];
  conditions: Condition | Record<string, never> | null;
  actions: { type: string; params?: Record<string, unknown>; description?: string }[];
  stop_after?: boolean;
  description?: string;
  position?: number;
  version: number;
  run_count?: number;
  match_count?: number;
  summary?: string;
}
export type ComposerMode = 'reply' | 'note';
export interface Draft {
  ticket_id: Id;
  mode: ComposerMode;
  text: string;
  html: string | null;
  to: Address[];
  cc: Address[];
  bcc: Address[];
  subject: string | null;
  attachment_ids: Id[];
  macro_id: Id | null;
  rev: number;
  updated_at: Instant;
}
/** An amount in the currency's minor unit, with the server's spelling of it. */
export interface PricedMoney {
  minor: number;
  currency: string;
  text: string;
}
export interface OrderLine {
  title: string;
  variant: string;
  sku: string;
  quantity: number;
  fulfilled_quantity: number;
  price: PricedMoney;
  total: PricedMoney;
  picture: string;
  image_url: string;
}
export interface Fulfillment {
  carrier: string;
  tracking_number: string;
  tracking_url: string;
  status: string;
  status_text: string;
  problem: string;
  shipped_at: Instant | null;
  estimated_at: Instant | null;
  delivered_at: Instant | null;
  last_scan_at: Instant | null;
  events: { at: Instant; status: string; text: string; place: string }[];
}
export interface OrderStep {
  name: 'paid' | 'picking' | 'shipped' | 'delivered' | 'cancelled' | 'returned';
  at: Instant | null;
  state: 'done' | 'now' | 'ahead';
}
export interface Refund {
  amount: PricedMoney;
  reason: string;
  refunded_at: Instant;
}
export interface Order {
  id: Id;
  number: string;
  store: { id: Id; slug: string; kind: string; name: string };
  placed_at: Instant;
  state: string;
  state_text: string;
  financial_status: string;
  financial_text: string;
  fulfillment_status: string;
  fulfillment_text: string;
  total: PricedMoney;
  refunded: PricedMoney;
  pick_at: Instant | null;
  promised_at: Instant | null;
  cancelled_at: Instant | null;
  shipping_address: Record<string, string>;
  lines: OrderLine[];
  fulfillments: Fulfillment[];
  refunds: Refund[];
  steps: OrderStep[];
  as_of: Instant;
  version: number;
}
/** The figures above a customer's orders. */
export interface SpendSummary {
  order_count: number;
  returned_count: number;
  returned_percent: number;
  spent: PricedMoney[];
}
export interface CustomerOrderList {
  orders: Order[];
  summary: SpendSummary;
}

export interface Page<T> {
  results: T[];
  next: string | null;
  total?: number;
}
export interface TicketPage extends Page<Ticket> {
  customers: LightCustomer[];
}
export interface TicketDetail {
  ticket: Ticket;
  customer: Customer;
  messages: Message[];
  messages_next: string | number | null;
  timeline: TimelineEvent[];
  drafts: Draft[];
  macros_suggested?: Id[];
}
export interface Organization {
  id: Id;
  name: string;
  slug: string;
  settings: { undo_send_seconds?: number; [key: string]: unknown };
}
export interface Bootstrap {
  me: User;
  organization: Organization;
  users: User[];
  teams: Team[];
  tags: Tag[];
  channels: Channel[];
  views: View[];
  macros: LightMacro[];
  event: { cursor: number; epoch: string };
  counts: Record<string, number>;
}
export interface TicketPatch {
  subject?: string;
  status?: TicketStatus;
  priority?: Priority;
  assignee_id?: Id | null;
  team_id?: Id | null;
  tags?: string[];
  tags_add?: string[];
  tags_remove?: string[];
  snoozed_until?: Instant | null;
  is_unread?: boolean;
}
export interface OutgoingMessage {
  id: Id;
  kind: ComposerMode;
  text: string;
  html?: string | null;
  to?: Address[];
  cc?: Address[];
  bcc?: Address[];
  subject?: string | null;
  attachment_ids?: Id[];
  macro_id?: Id | null;
  order_id?: Id | null;
  then?: 'close' | 'snooze' | null;
  snoozed_until?: Instant | null;
  last_seen_position: number;
  send_anyway?: boolean;
}
export interface InboundMail {
  id: Id;
  channel_id: Id;
  received_at: Instant;
  size_bytes: number;
  from_address: Address | string | null;
  subject: string | null;
  state: 'received' | 'processed' | 'quarantined';
  fate: string | null;
  reason: string | null;
  ticket_id: Id | null;
  attempts: number;
}
export interface ApiTokenRecord {
  id: Id;
  name: string;
  prefix?: string;
  created_at: Instant;
  last_used_at: Instant | null;
  expires_at?: Instant | null;
  /** Only in the answer to its creation. */
  secret?: string;
}
export interface CsatTiles {
  average: number | null;
  response_rate: number | null;
  sent: number;
  answered: number;
  low: number;
}
export interface CsatReport {
  tiles: CsatTiles;
  previous: CsatTiles;
  days: { date: string; average: number | null; n: number; low: number | null; high: number | null }[];
  distribution: Record<string, number>;
  comments: {
    score: number;
    comment: string;
    ticket_id: Id;
    number: number;
    customer_name: string;
    at: Instant;
  }[];
  agents: { user_id: Id; name: string; rated: number; average: number | null; low: number }[];
}
