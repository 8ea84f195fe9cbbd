// The records the API and the event log speak of. Those of the log come from the server's catalogue.

import type {
  AddressRecord,
  AttachmentRecord,
  BulkJobRecord,
  ChannelRecord,
  CustomerNoteRecord,
  CustomerRecord,
  CustomFieldRecord,
  HandleRecord,
  MentionRecord,
  MessageRecord,
  NotificationRecord,
  OrderActionRecord,
  TagRecord,
  TeamRecord,
  TicketRecord,
  UserRecord,
  ViewRecord,
} from './catalog';
import type { components } from './schema';

export type Ticket = TicketRecord;
export type TicketStatus = TicketRecord['status'];
export type Priority = TicketRecord['priority'];
export type Message = MessageRecord;
export type Mention = MentionRecord;
export type Notification = NotificationRecord;
/** Enough to count them, and to know which open ticket they belong to. */
export type UnreadNotification = Pick<Notification, 'id' | 'ticket_id'>;
/** Somewhere I am signed in. */
export interface SignedInDevice {
  id: number;
  user_agent: string;
  ip: string;
  created_at: Instant;
  last_seen_at: Instant;
  is_current: boolean;
}
export type Address = AddressRecord;
export type Attachment = AttachmentRecord;
export type Customer = CustomerRecord;
export type CustomerNote = CustomerNoteRecord;
export type CustomField = CustomFieldRecord;
/** Values of custom fields by slug; null takes one away. */
export type FieldValues = Record<string, unknown>;
export interface CustomerFigures {
  tickets: number;
  open_tickets: number;
  csat_average: number | null;
  csat_count: number;
  first_ticket_at: string | null;
}
export interface Happening {
  id: string;
  type: 'ticket' | 'messages' | 'order' | 'csat' | 'merge' | 'note';
  at: string;
  data: Record<string, unknown>;
}
export interface SamePerson {
  customer: Customer;
  reason: 'same_phone' | 'same_email' | 'same_email_name';
  value: string;
}
export interface CustomerMergePreview {
  survivor: Customer;
  source: Customer;
  result: Record<string, unknown>;
  differences: string[];
  tickets: number;
  notes: number;
  handles: number;
}
export interface CustomerMergeDone {
  merge_id: string;
  customer: Customer;
  source: Customer;
  can_undo_until: string;
}
export interface JoinableTicket {
  ticket: Ticket;
  text: string;
  at: string;
}
export type Handle = HandleRecord;
export type Tag = TagRecord;
export type Team = TeamRecord;
export type Channel = ChannelRecord;
/** A channel as an admin sets it up, with its health; which secrets are set, never what they are. */
export type ChannelSettings = components['schemas']['ChannelSettings'];
/** A kind of channel that can be connected: what it can do, what it asks for, the steps. */
export type Connector = components['schemas']['ConnectorRecord'];
export type ConfigField = components['schemas']['ConfigFieldRecord'];
/** A call of a vendor, and what became of each thing in it. */
export type HookCall = components['schemas']['HookRecord'];
/** A platform that a store can be on: what it can do, what it asks for, the steps. */
export type StoreConnector = components['schemas']['StoreConnectorRecord'];
/** A store as everybody sees it, with its health and how far its past orders are read. */
export type ConnectedStore = components['schemas']['ConnectedStoreRecord'];
/** A store as an admin sets it up; which secrets are set, never what they are. */
export type StoreSettings = components['schemas']['StoreSettings'];
/** A call of a platform, and what became of each thing in it. */
export type StoreCall = components['schemas']['StoreHookRecord'];
export type ChatSite = components['schemas']['SiteWithAnswers'];
export type ChannelTest = components['schemas']['ChannelTest'];
export type View = ViewRecord;
/** A colleague; of oneself the signature and settings are known, too. */
export type User = UserRecord & {
  signature?: string;
  settings?: Record<string, unknown>;
  capabilities?: string[];
  is_notification_mail_stopped?: boolean;
};
export type BulkJob = BulkJobRecord;
export type OrderAction = OrderActionRecord;

export type Id = string;
/** ISO 8601 in UTC. */
export type Instant = string;

/** A stretch of the event log. */
export interface EventPage {
  results: unknown[];
  next: string | null;
  from: number;
  upto: number;
  head: number;
  epoch: string;
}
/** What a long poll answers: the frames of the socket. */
export interface Frames {
  told: string;
  frames: { type: string }[];
}

/** What rides along with a list of tickets: a customer with at least a name. */
export type LightCustomer = Pick<Customer, 'id' | 'name'> & Partial<Customer>;

/** A leaf compares one field; a group joins its children. */
export type Condition =
  | { all: Condition[] }
  | { any: Condition[] }
  | { none: Condition[] }
  | { not: Condition }
  | { field: string; operator: string; value?: unknown };
export interface TicketMergePreview {
  source_id: Id;
  target_id: Id;
  message_count: number;
  timeline: { id: Id; ticket_id: Id; kind: string; author_name: string; at: Instant; text: string }[];
  subjects: { target: string; source: string };
  assignees: { target: Id | null; source: Id | null };
  tags: string[];
  priority: Priority;
  status: TicketStatus;
  effects: { code: string; values: Record<string, string | number> }[];
}
export interface MergeOrder {
  id: Id;
  target_id: Id;
  subject_from: 'target' | 'source';
  assignee_from: 'target' | 'source';
}
export interface TwoTickets {
  /** Takes a split back. */
  id?: Id;
  ticket: Ticket;
  other: Ticket;
}
export interface BlockedSender {
  id: Id;
  value: string;
  user_id: Id | null;
  ticket_id: Id | null;
  created_at: Instant;
}
/** Some tickets by id, or what a list shows but a few. */
export interface BulkOrder {
  selection: { ids: readonly Id[] } | { filter: Record<string, string>; except_ids: readonly Id[] };
  action: string;
  params: Record<string, unknown>;
}
/** A field of the catalogue that views, filters and rules compare. */
export interface ConditionField {
  name: string;
  label: string;
  type: 'choice' | 'reference' | 'text' | 'set' | 'number' | 'time' | 'flag';
  choices: string[];
  operators: string[];
}
/** What of a view is saved. With an `id` of our own, saving it twice saves it once. */
export type ViewChange = Partial<
  Pick<View, 'id' | 'name' | 'icon' | 'scope' | 'team_id' | 'sort' | 'group' | 'columns'>
> & { conditions?: unknown };
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
  /** What it does to the order; a person confirms that before the reply leaves. */
  acts_on_order?: { kind: string; params: Record<string, unknown> } | null;
}
export type MacroAudience = 'everybody' | 'team' | 'personal';
export interface Macro extends LightMacro {
  language_variants: MacroVariant[];
  actions: MacroAction[];
  action_words?: { type: string; description: string }[];
  audience: MacroAudience;
  owner_id: Id | null;
  team_id: Id | null;
  intents: string[];
  /** What the text says about the order; null: as it reads. */
  claims: string[] | null;
  is_active: boolean;
  usage_count: number;
  csat: number | null;
  csat_count: number;
  version: number;
}
export interface MacroSuggestion {
  id: Id;
  reason: '' | 'intent' | 'tags' | 'recent';
  usage_count: number;
  csat: number | null;
  csat_count: number;
}
export interface MacroChange {
  field: string;
  language?: string;
  before?: unknown;
  after?: unknown;
  lines?: { change: 'same' | 'added' | 'removed'; text: string }[];
}
export interface MacroVersion {
  number: number;
  created_at: Instant;
  user_name: string;
  restored_from: number | null;
  changes: MacroChange[];
}
export interface MacroWords {
  values: { path: string; root: string; label: string; type: string; example: string }[];
  filters: string[];
  claims: { name: string; label: string }[];
  intents: string[];
}
export interface MacroTrial {
  body: string;
  subject?: string | null;
  language: string;
  claims?: string[] | null;
  ticket_number: number;
  order_id?: Id | null;
}
export interface MacroImportReport {
  source: string;
  created: number;
  created_off: number;
  known: number;
  refused: number;
  untranslated: number;
  macros: {
    name: string;
    outcome: 'created' | 'created_off' | 'known' | 'refused';
    untranslated: { what: string; text: string; reason: string }[];
  }[];
}
export interface MissingValue {
  path: string;
  reason: string;
  sentence: string;
  /** What it may be, where we know some. */
  choices?: string[];
}
/** Keeps a filled macro from being sent; `fix` says what helps. */
export interface Obstacle {
  code: 'stale' | 'conflict' | 'changed' | 'wrong_owner' | 'empty' | 'order_action';
  message: string;
  fix: string;
}
export interface OrderOfMacro {
  id: Id;
  number: string;
  store: string;
  state_text: string;
  total: string;
  placed_at: Instant;
}
export interface RenderedMacro {
  text: string;
  html: string;
  subject: string | null;
  language: string;
  missing: MissingValue[];
  spans: { start: number; end: number; path: string; value: string }[];
  obstacles: Obstacle[];
  languages: string[];
  /** What the order looked like: sent along with the message. */
  order_basis: string;
  order: OrderOfMacro | null;
  orders: OrderOfMacro[];
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
  /** Of runs that are not too old. */
  field?: string;
  operator?: string;
  text: string;
  /** The very words that were found. */
  matched?: string | null;
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
/** A stretch of a draft's text that a macro filled in, or left to be filled. */
export interface DraftSpan {
  start: number;
  end: number;
  path: string;
  isMissing: boolean;
}
export interface Draft {
  /** The id that its message will have. */
  id: Id | null;
  ticket_id: Id;
  mode: ComposerMode;
  text: string;
  html: string | null;
  to: Address[];
  cc: Address[];
  bcc: Address[];
  subject: string | null;
  attachment_ids: Id[];
  files?: Attachment[];
  macro_id: Id | null;
  order_id?: Id | null;
  order_basis?: string | null;
  /** Of the macro's action on the order: its id once confirmed, or `without`. */
  order_action?: string | null;
  channel_id?: Id | null;
  spans?: DraftSpan[];
  missing?: MissingValue[];
  /** The other one of two drafts that met. */
  earlier?: { text: string; html: string | null } | null;
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
  /** What actions call it. */
  line: string;
  product_id: string;
  title: string;
  variant: string;
  sku: string;
  quantity: number;
  fulfilled_quantity: number;
  refunded_quantity: number;
  price: PricedMoney;
  discount: PricedMoney;
  total: PricedMoney;
  /** Set when it was added after the purchase. */
  added_at: Instant | null;
  /** The app that added it, where the shop says so. */
  added_by: string;
  picture: string;
  image_url: string;
}
export interface LineQuantity {
  line: string;
  title: string;
  quantity: number;
  reason: string;
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
  /** What is in the parcel; empty where the store does not say. */
  lines: LineQuantity[];
}
export type ReturnState =
  'requested' | 'approved' | 'in_transit' | 'received' | 'closed' | 'declined' | 'cancelled' | 'expired';
export interface OrderReturn {
  /** The service that tells it; empty where the store does. */
  service: string;
  number: string;
  state: ReturnState;
  state_text: string;
  outcome: string;
  requested_at: Instant | null;
  refund: PricedMoney | null;
  /** Given as store credit or gift card. */
  credit: PricedMoney | null;
  /** The order that comes instead. */
  exchange_number: string;
  /** What the customer may see of it. */
  status_url: string;
  label_url: string;
  carrier: string;
  tracking_number: string;
  lines: LineQuantity[];
}
export interface Payment {
  state: 'pending' | 'authorized' | 'captured' | 'voided' | 'failed';
  amount: PricedMoney;
  method: string;
  at: Instant | null;
}
export interface OrderStep {
  name: 'paid' | 'picking' | 'shipped' | 'delivered' | 'cancelled' | 'returned';
  at: Instant | null;
  state: 'done' | 'now' | 'ahead';
}
export interface Refund {
  amount: PricedMoney;
  reason: string;
  method: string;
  refunded_at: Instant;
}
/** A shop, with what its platform can do to orders; `missing` says why something is not there. */
export interface OrderStore {
  id: Id;
  slug: string;
  kind: string;
  name: string;
  platform: string;
  actions: string[];
  missing: Record<string, string>;
  stale_after_seconds: number;
  /** Whether products can be looked up there, for adding them to an order. */
  finds_products?: boolean;
}
export interface Order {
  id: Id;
  number: string;
  store: OrderStore;
  buyer_name: string;
  email: string;
  phone: string;
  placed_at: Instant;
  state: string;
  state_text: string;
  financial_status: string;
  financial_text: string;
  fulfillment_status: string;
  fulfillment_text: string;
  return_status: string;
  total: PricedMoney;
  subtotal: PricedMoney;
  shipping: PricedMoney;
  discount: PricedMoney;
  tax: PricedMoney;
  refunded: PricedMoney;
  refundable: PricedMoney | null;
  store_total: PricedMoney | null;
  payment_method: string;
  is_on_hold: boolean;
  hold_reason: string;
  can_cancel: boolean | null;
  cannot_cancel_reason: string;
  can_edit_address: boolean | null;
  discount_codes: string[];
  admin_url: string;
  pick_at: Instant | null;
  promised_at: Instant | null;
  cancelled_at: Instant | null;
  cancel_reason: string;
  shipping_address: Record<string, string>;
  billing_address: Record<string, string>;
  tags: string[];
  note: string;
  lines: OrderLine[];
  fulfillments: Fulfillment[];
  refunds: Refund[];
  returns: OrderReturn[];
  payments: Payment[];
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
  total_is_exact?: boolean;
  query?: QueryAnalysis | null;
}
/** How the server read a query. Offsets are of JavaScript strings, `end` exclusive. */
export interface QueryAnalysis {
  text: string;
  tokens: QueryToken[];
  problems: QueryProblem[];
  /** The query as a condition tree: what “Save as view” keeps. */
  conditions: Record<string, unknown>;
}
export interface QueryToken {
  kind: string;
  start: number;
  end: number;
  text: string;
  is_negated: boolean;
  key: string | null;
  values: { text: string; label: string }[];
  is_understood: boolean;
}
export interface QueryProblem {
  start: number;
  end: number;
  token: string;
  code: string;
  message: string;
  /** What to write in place of the token. */
  hint: string | null;
}
export interface Suggestion {
  kind: string;
  insert: string;
  label: string;
  detail: string;
  key: string;
}
export interface Highlighted {
  text: string;
  spans: [number, number][];
}
export type SearchKind = 'tickets' | 'customers' | 'orders';
export interface SearchHit {
  kind: string;
  id: Id;
  title: Highlighted;
  snippet: Highlighted | null;
  message: { id: Id; position: number; kind: string; author_name: string; at: Instant } | null;
}
export interface BoundedCount {
  count: number;
  is_exact: boolean;
}
export interface SearchPage {
  kind: string;
  sort: string;
  query: QueryAnalysis;
  counts: Record<SearchKind, BoundedCount>;
  results: SearchHit[];
  tickets: Ticket[];
  customers: Customer[];
  orders: Order[];
  next: string | null;
  /** Where nothing matches: how many would without the most restrictive token. */
  without: { token: string; query: string; count: number; is_exact: boolean } | null;
  spelling: { query: string; words: { wrong: string; right: string }[] } | null;
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
  view_order: Id[];
  macros: LightMacro[];
  event: { cursor: number; epoch: string; rights?: string };
  counts: Record<string, number>;
  unread_notifications: UnreadNotification[];
}
export type ColleagueDraft = Draft & { user_id: Id };
export interface TeamChanges {
  name?: string;
  strategy?: Team['strategy'];
  capacity?: number | null;
  is_private?: boolean;
  member_ids?: Id[];
}
export interface PersonChanges {
  role?: User['role'];
  team_ids?: Id[];
  is_active?: boolean;
  /** Who gets the open tickets of somebody who leaves. */
  tickets_to?: Id | null;
}
export interface Invitation {
  id: Id;
  email: string;
  role: User['role'];
  team_ids: Id[];
  invited_by: string | null;
  created_at: Instant;
  expires_at: Instant;
  is_expired: boolean;
}
export interface Welcome {
  email: string;
  organization: string;
  invited_by: string | null;
}
export interface TicketPatch {
  fields?: FieldValues;
  subject?: string;
  status?: TicketStatus;
  priority?: Priority;
  assignee_id?: Id | null;
  team_id?: Id | null;
  tags?: string[];
  tags_add?: string[];
  tags_remove?: string[];
  snoozed_until?: Instant | null;
  wakes_on?: Ticket['wakes_on'];
  wakes_order_id?: Id | null;
  /** The order that the ticket is about, as an agent said. */
  order_id?: Id | null;
  is_unread?: boolean;
  /** What is said to whoever gets the ticket, kept as an internal note. */
  note?: string;
  note_id?: Id;
}
export type SendMode = 'public' | 'private' | 'template' | 'text';
/** A channel on which a ticket's customer can be answered, or why they cannot. */
export interface ReplyPlace {
  channel_id: Id;
  kind: string;
  name: string;
  address: string;
  label: string;
  is_reachable: boolean;
  reason: string | null;
  closes_at: Instant | null;
  modes: SendMode[];
  is_public: boolean;
  is_default: boolean;
  max_text_chars: number | null;
  /** Where a public answer may have fewer; X counts its 280 by weight. */
  max_public_chars: number | null;
  max_files: number | null;
  max_attachment_bytes: number | null;
  takes_html: boolean;
  /** Short answers to tap can be offered with the words. */
  takes_choices: boolean;
}
/** A text that the vendor approved; {{name}} stands for each of its variables. */
export interface Template {
  id: string;
  name: string;
  language: string;
  text: string;
  header: string;
  footer: string;
  variables: string[];
  header_variables: string[];
  category: string;
}
export interface ChosenTemplate {
  name: string;
  language: string;
  id?: string;
  values?: string[];
  names?: string[];
  header_values?: string[];
  header_names?: string[];
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
  /** People and teams named in a note. */
  mention_ids?: Id[];
  order_id?: Id | null;
  order_basis?: string | null;
  /** Of the macro's action on the order: its id once confirmed, or `without`. */
  order_action?: string | null;
  channel_id?: Id | null;
  /** What the channel must know beside the words. */
  details?: { mode?: SendMode; template?: ChosenTemplate; quick_replies?: string[] };
  /** When it shall leave, if not now. */
  send_at?: Instant | null;
  stop_on_reply?: boolean;
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
