import { request, type Query } from './http';
import type { Id, Instant, Order, Page, PricedMoney } from './records';

// Everything about changing orders: loaded with the screens that do it, not with the first page.

export type ActionKind =
  | 'cancel'
  | 'refund'
  | 'edit_address'
  | 'edit_items'
  | 'duplicate'
  | 'return_label'
  | 'discount_code'
  | 'store_credit'
  | 'gift_card'
  | 'note'
  | 'tags'
  | 'hold'
  | 'release';

export type ActionState =
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

export interface ActionStep {
  name: string;
  state: 'waiting' | 'done' | 'pending' | 'failed';
  amount: PricedMoney | null;
  quantity: number | null;
  /** What it concerns, in the shop's words: “Visa •4242”. */
  about: string;
  reference: string;
  reason: string;
  /** What one uses afterwards: a code, an address of a label, a number. */
  detail: Record<string, unknown>;
  can_retry: boolean;
}

export interface Actor {
  id: Id | null;
  name: string;
}

/** Why a second person must agree; without a limit the kind itself is not allowed. */
export interface NeededApproval {
  reason: 'limit' | 'budget' | 'capability';
  limit: PricedMoney | null;
}

/** Something that is to be done to an order, and what has come of it. */
export interface OrderAction {
  id: Id;
  order_id: Id;
  order_number: string;
  store_id: Id;
  store_name: string;
  ticket_id: Id | null;
  customer_id: Id | null;
  kind: ActionKind;
  params: Record<string, unknown>;
  amount: PricedMoney | null;
  refund_to: string;
  state: ActionState;
  steps: ActionStep[];
  actor: Actor;
  approver: Actor | null;
  approval: NeededApproval | null;
  note: string;
  reason: string;
  reason_code: string;
  instead: ActionKind[];
  is_automatic: boolean;
  rule_id: Id | null;
  before: Record<string, string>;
  after: Record<string, string>;
  can_retry: boolean;
  needs_person: boolean;
  created_at: Instant;
  started_at: Instant | null;
  finished_at: Instant | null;
  expires_at: Instant | null;
  version: number;
}

export interface Effect {
  name: string;
  amount: PricedMoney | null;
  quantity: number | null;
  detail: string;
}
/** One variant as the shop sells it. */
export interface Sellable {
  variant: string;
  title: string;
  detail: string;
  sku: string;
  price: PricedMoney | null;
  picture: string;
  is_available: boolean | null;
}
export interface RefundableLine {
  line: string;
  title: string;
  variant: string;
  quantity: number;
  unit: PricedMoney;
  can_restock: boolean;
}
export interface Warned {
  code: string;
  detail: Record<string, unknown>;
}

/** What would happen if this were confirmed now; the token is good for five minutes. */
export interface ActionPreview {
  preview_token: string;
  expires_at: Instant;
  kind: ActionKind;
  params: Record<string, unknown>;
  order: Order;
  effects: Effect[];
  amount: PricedMoney;
  refund_to: string;
  refundable: PricedMoney | null;
  refundable_lines: RefundableLine[];
  refundable_shipping: PricedMoney;
  methods: string[];
  warnings: Warned[];
  is_final: boolean;
  needs_approval: NeededApproval | null;
  running: OrderAction[];
}

/** Something that is not any more as it was shown. */
export interface Changed {
  field: string;
  before: string;
  after: string;
}

/** What a refusal says beside its sentence. */
export interface Refusal {
  reason_code?: string;
  instead?: ActionKind[];
  changes?: Changed[];
  preview?: ActionPreview;
  running?: OrderAction;
  store?: string;
}

/** What a role may do to orders alone. */
export interface RoleLimit {
  currency: string;
  per_action_minor: number | null;
  per_day_minor: number | null;
}
export interface RolePolicy {
  role: string;
  kinds: ActionKind[] | null;
  limits: RoleLimit[];
}

/** A room where the team is asked for approvals; `place` is its id at the channel's vendor. */
export interface ApprovalRoom {
  channel_id: Id;
  place: string;
  name: string;
}
/** A room of the team's at a channel's vendor. */
export interface TeamPlace {
  id: string;
  name: string;
  is_private: boolean;
}

const ROOT = '/api/v1';
/** The shop is asked while we wait; it may be slow. */
const SHOP_SECONDS = 45;

async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return (await request<T>('GET', ROOT + path, { query, signal })).data;
}
async function post<T>(path: string, body: object = {}, signal?: AbortSignal): Promise<T> {
  const options = { body: { ...body }, signal, timeoutSeconds: SHOP_SECONDS };
  return (await request<T>('POST', ROOT + path, options)).data;
}

/** Every call about orders and what is done to them. Each raises ApiProblem. */
export const ordersApi = {
  find: (q: string, signal?: AbortSignal) => get<{ orders: Order[] }>('/orders', { q, limit: 8 }, signal),
  order: (id: Id) => get<Order>(`/orders/${id}`),
  /** Read from the shop now; at most every few seconds. */
  refresh: (id: Id) => post<Order>(`/orders/${id}/refresh`),
  products: (id: Id, q: string, signal?: AbortSignal) =>
    get<{ results: Sellable[] }>(`/orders/${id}/products`, { q }, signal),
  preview: (
    orderId: Id,
    body: { kind: ActionKind; params: Record<string, unknown>; ticket_id: Id | null },
    signal?: AbortSignal,
  ) => post<ActionPreview>(`/orders/${orderId}/actions/preview`, body, signal),
  start: (orderId: Id, body: { id: Id; preview_token: string; note?: string }) =>
    post<OrderAction>(`/orders/${orderId}/actions`, body),
  actions: (query: Query) => get<Page<OrderAction>>('/order-actions', query),
  /** What waits for this person. */
  waiting: () => get<{ approvals: number; proposals: number }>('/order-actions/waiting'),
  action: (id: Id) => get<OrderAction>(`/order-actions/${id}`),
  previewOf: (id: Id, signal?: AbortSignal) =>
    get<ActionPreview>(`/order-actions/${id}/preview`, undefined, signal),
  confirm: (id: Id, body: { preview_token: string; note?: string }) =>
    post<OrderAction>(`/order-actions/${id}/confirm`, body),
  approve: (id: Id, previewToken: string) =>
    post<OrderAction>(`/order-actions/${id}/approve`, { preview_token: previewToken }),
  reject: (id: Id, reason: string) => post<OrderAction>(`/order-actions/${id}/reject`, { reason }),
  retry: (id: Id) => post<OrderAction>(`/order-actions/${id}/retry`),
  settle: (id: Id, didHappen: boolean, reference: string) =>
    post<OrderAction>(`/order-actions/${id}/settle`, { did_happen: didHappen, reference }),
  limits: () => get<{ policies: RolePolicy[] }>('/order-limits'),
  setLimits: (policy: RolePolicy) =>
    request<{ policies: RolePolicy[] }>('PUT', `${ROOT}/order-limits`, { body: policy }).then(
      (answer) => answer.data,
    ),
  approvalRoom: () => get<{ room: ApprovalRoom | null }>('/order-limits/approvals'),
  setApprovalRoom: (room: ApprovalRoom | null) =>
    request<{ room: ApprovalRoom | null }>('PUT', `${ROOT}/order-limits/approvals`, {
      body: room ?? { channel_id: null },
    }).then((answer) => answer.data),
  teamPlaces: (channelId: Id) => get<Page<TeamPlace>>(`/channels/${channelId}/team-places`),
};
