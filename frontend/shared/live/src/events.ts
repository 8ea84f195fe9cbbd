import type * as R from '@aftercare/api';

/** One row of the organization's event log, as the socket and GET /events deliver it. */
export interface LiveEvent {
  seq: number;
  type: string;
  version: number;
  object_type: string;
  object_id: string;
  payload: EventPayload;
  actor: { type: string; id: string | null; name: string } | null;
  client_id: string | null;
  cause: string | number | null;
  at: string;
}

/** Everything a payload may carry. Unknown keys are ignored, so that an old page survives a new server. */
export interface EventPayload {
  ticket?: R.Ticket;
  message?: R.Message;
  customer?: R.LightCustomer;
  /** The other customer of a merge. */
  other?: R.LightCustomer;
  merge_id?: string;
  note?: R.CustomerNote;
  field?: R.CustomField;
  change?: Record<string, [unknown, unknown]>;
  user?: R.User;
  team?: R.Team;
  organization?: R.Organization;
  tag?: R.Tag;
  view?: R.View;
  channel?: R.Channel;
  store?: R.ConnectedStore;
  ticket_id?: string;
  run_id?: string;
  rule_id?: string;
  rule_name?: string;
  actions?: string[];
  /** The other one of two tickets that were merged, split or linked. */
  other_ticket?: { id: string; number: number; subject: string };
  positions?: Record<string, number[]>;
  job?: R.BulkJob;
  order_id?: string;
  customer_id?: string;
  order_action?: R.OrderAction;
  survey?: { id: string; kind?: 'csat' | 'nps'; score: number | null; comment: string | null };
  notification?: R.Notification;
  notification_ids?: string[];
  /** Of a macro. */
  folder?: string;
  acts_on_order?: R.LightMacro['acts_on_order'];
  /** Of a macro, rule or view. */
  id?: string;
  name?: string;
  is_deleted?: boolean;
  /** Of a person's order of views. */
  user_id?: string;
  view_ids?: string[];
  [key: string]: unknown;
}

export interface PresentUser {
  id: string;
  state: 'viewing' | 'replying' | 'noting';
}

/** A shopper in the chat of a ticket, as their widget says. */
export type ShopperState = 'here' | 'typing' | 'left';

export type ServerFrame =
  | { type: 'hello'; cursor: number; epoch: string; head: number; catalog?: number }
  | { type: 'batch'; from: number; upto: number; events: LiveEvent[] }
  | { type: 'ping'; head: number }
  | { type: 'reset'; reason: string }
  | { type: 'counts'; counts: Record<string, number> }
  | { type: 'shopper'; ticket_id: string; state: ShopperState }
  | { type: 'presence'; ticket_id: string; users: PresentUser[] };

/** Where one tab is; tabs may share a socket, so each names itself. */
export interface PresenceFrame {
  type: 'presence';
  page: string;
  ticket_id: string | null;
  state: PresentUser['state'];
}

export type ClientFrame =
  | { type: 'hello'; cursor: number; epoch: string | null; rights?: string; client_id: string }
  | PresenceFrame
  | { type: 'pull'; cursor: number };
