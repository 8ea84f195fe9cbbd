import { request, type Query } from './http';
import type { Id, Instant, LightCustomer, Page, Ticket } from './records';

// Reports, and mails with them: loaded with their screens.

export type Good = 'up' | 'down' | null;
export interface ReportTile {
  key: string;
  value: number | null;
  unit: string;
  /** What it is counted from; null where it is a count itself. */
  n: number | null;
  previous: number | null;
  good: Good;
  currency?: string | null;
  /** Too few to tell: below five. */
  hidden?: boolean;
  drill?: boolean;
}
export interface ReportPoint {
  day: string;
  value: number | null;
  n?: number | null;
  low?: number | null;
  high?: number | null;
}
export interface ReportSeries {
  key: string;
  label?: string | null;
  unit: string;
  currency?: string | null;
  /** Series with the same group are stacked in one chart. */
  group?: string | null;
  points: ReportPoint[];
  previous?: ReportPoint[] | null;
  drill?: boolean;
}
export interface ReportBarRow {
  key: string;
  label: string | null;
  value: number | null;
  n?: number | null;
  share?: number | null;
  hidden?: boolean;
}
export interface ReportBars {
  key: string;
  unit: string;
  currency?: string | null;
  rows: ReportBarRow[];
  drill?: boolean;
}
export interface ReportHeat {
  key: string;
  unit: string;
  currency?: string | null;
  /** Seven weekdays from Monday, 24 hours each. */
  cells: (number | null)[][];
  drill?: boolean;
}
export interface ReportColumn {
  key: string;
  label?: string | null;
  unit: string;
  currency?: string | null;
  drill?: boolean;
}
export type ReportCell = string | number | null;
export interface ReportRow {
  key: string;
  label: string | null;
  values: Record<string, ReportCell>;
  /** Columns whose figure is counted from too few. */
  hidden?: string[];
}
export interface ReportTable {
  key: string;
  columns: ReportColumn[];
  rows: ReportRow[];
}
export interface ReportComment {
  score: number;
  comment: string;
  ticket_id: Id;
  number: number;
  customer_name: string;
  user_name?: string | null;
  at: Instant;
  /** What they wanted, as it was understood; empty for unsure. */
  intent?: string;
  recovered?: boolean;
}
export interface Report {
  name: string;
  from: string;
  to: string;
  previous_from: string | null;
  previous_to: string | null;
  zone: string;
  updated_at: Instant;
  tiles: ReportTile[];
  series: ReportSeries[];
  bars: ReportBars[];
  heat: ReportHeat[];
  tables: ReportTable[];
  comments?: ReportComment[] | null;
  /** False where an agent sees their own rows and the average of the others. */
  can_see_all: boolean;
  /** An upgrade counts otherwise: until all are counted anew, the figures are not to be trusted. */
  rebuilding?: { counted: number; total: number } | null;
}
export interface DrilledTickets {
  tickets: Ticket[];
  customers?: LightCustomer[];
  next: string | null;
}
export interface LiveFigures {
  updated_at: Instant;
  tiles: ReportTile[];
  /** Each hour of the shop's day until now. */
  hours: { hour: number; arrived: number; closed: number }[];
  channels: { key: string; label: string; waiting: number; open: number }[];
  agents: { user_id: Id; name: string; is_online: boolean; is_available: boolean; open: number }[];
}
/** What people said about how messages were understood. */
export interface IntentReview {
  reviewed: number;
  right: number;
  wrong: number;
  accuracy: number | null;
}
export interface IntentClaims extends IntentReview {
  understood: number;
  unsure: number;
  /** Understood, and not unsure, when they came. */
  claimed: number;
  /** The share of these that nobody had to correct. */
  kept: number | null;
}
export interface IntentMistake {
  /** Empty where it was unsure. */
  understood: string;
  /** Empty for none of our intents. */
  meant: string;
  count: number;
  /** Numbers of the newest, as far as the reader may see them. */
  tickets: number[];
}
export interface IntentAccuracy {
  from: string;
  to: string;
  total: IntentClaims;
  days: (IntentClaims & { day: string })[];
  intents: (IntentReview & { intent: string })[];
  weights: (IntentReview & { version: string })[];
  mistaken: IntentMistake[];
  learning: { version: string; shipped: string; corrections: number; needed: number };
  newest: Instant | null;
}
export type Rhythm = 'daily' | 'weekly' | 'monthly';
/** A report that is sent by mail. */
export interface ReportSchedule {
  id: Id;
  name: string;
  filters: Record<string, string>;
  rhythm: Rhythm;
  hour: number;
  /** The shop's, in which the hour counts. */
  zone: string;
  recipient_ids: Id[];
  user_id: Id;
  may_change: boolean;
  next_at: Instant;
  last_sent_at: Instant | null;
}

/** What is chosen of a schedule. */
export type ScheduleChoice = Pick<ReportSchedule, 'rhythm' | 'hour' | 'recipient_ids'>;
/** A new one, with an id of the client's own: sent twice, it is made once. */
export type NewSchedule = ScheduleChoice & Pick<ReportSchedule, 'id' | 'name' | 'filters'>;

const ROOT = '/api/v1/reports';
const ask = async <T>(method: string, path: string, query?: Query, body?: unknown): Promise<T> =>
  (await request<T>(method, ROOT + path, { query, body })).data;

/** Every call about reports. Each raises ApiProblem. */
export const reportsApi = {
  report: (name: string, query: Query) => ask<Report>('GET', `/${name}/figures`, query),
  tickets: (name: string, cell: string, query: Query, after: string | null) =>
    ask<DrilledTickets>('GET', `/${name}/tickets`, { ...query, cell, after }),
  intents: (from: string, to: string) => ask<IntentAccuracy>('GET', '/intents', { from, to }),
  live: () => ask<LiveFigures>('GET', '/live'),
  schedules: () => ask<Page<ReportSchedule>>('GET', '/schedules'),
  schedule: (body: NewSchedule) => ask<ReportSchedule>('POST', '/schedules', undefined, body),
  changeSchedule: (id: Id, body: ScheduleChoice) =>
    ask<ReportSchedule>('PATCH', `/schedules/${id}`, undefined, body),
  /** The newest finished period, now, to oneself; the id is the mail's own. */
  sendNow: (id: Id, mailId: Id) => ask<null>('POST', `/schedules/${id}/send`, undefined, { id: mailId }),
  leaveSchedule: (id: Id) => ask<null>('DELETE', `/schedules/${id}/me`),
  unschedule: (id: Id) => ask<null>('DELETE', `/schedules/${id}`),
};
