import { request } from './http';
import type { Id, Instant, Page } from './records';

// Service levels and business hours: loaded with the screens that show them.

export type Target = 'first_reply' | 'next_reply' | 'resolution';
export interface SlaWarning {
  percent?: number;
  minutes?: number;
}
export interface SlaAlerts {
  slack?: { channel_id: Id; place: string; name: string };
  people?: Id[];
}
export interface SlaPolicy {
  id: Id;
  name: string;
  conditions: unknown;
  first_reply: number | null;
  next_reply: number | null;
  resolution: number | null;
  hours: 'always' | 'ticket' | 'calendar';
  calendar: Id | null;
  pauses_while_waiting: boolean;
  pauses_while_snoozed: boolean;
  warnings: SlaWarning[];
  alerts: SlaAlerts;
  is_active: boolean;
  version: number;
}
export interface ClosedDay {
  date: string;
  name: string;
  source?: 'own' | 'file';
}
export interface CalendarUse {
  kind: 'channel' | 'team' | 'store';
  id: Id;
}
export interface BusinessCalendar {
  id: Id;
  name: string;
  time_zone: string;
  week: Record<string, [string, string][]>;
  country: string;
  region: string;
  closed_days: ClosedDay[];
  is_default: boolean;
  uses: CalendarUse[];
  version: number;
  is_open: boolean;
  next_change: Instant | null;
  holidays: ClosedDay[];
}

const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
  (await request<T>(method, `/api/v1${path}`, { body })).data;

/** Every call about service levels. Each raises ApiProblem. */
export const slaApi = {
  policies: () => ask<Page<SlaPolicy>>('GET', '/sla/policies'),
  createPolicy: (values: Partial<SlaPolicy>) => ask<SlaPolicy>('POST', '/sla/policies', values),
  changePolicy: (id: Id, values: Partial<SlaPolicy>) =>
    ask<SlaPolicy>('PATCH', `/sla/policies/${id}`, values),
  removePolicy: (id: Id) => ask<null>('DELETE', `/sla/policies/${id}`),
  orderPolicies: (ids: readonly Id[]) => ask<Page<SlaPolicy>>('POST', '/sla/policies/order', { ids }),
  calendars: () => ask<Page<BusinessCalendar>>('GET', '/calendars'),
  createCalendar: (values: Partial<BusinessCalendar>) => ask<BusinessCalendar>('POST', '/calendars', values),
  changeCalendar: (id: Id, values: Partial<BusinessCalendar>) =>
    ask<BusinessCalendar>('PATCH', `/calendars/${id}`, values),
  removeCalendar: (id: Id) => ask<null>('DELETE', `/calendars/${id}`),
  regions: () => ask<{ countries: Record<string, string[]> }>('GET', '/calendars/regions'),
  readFile: (text: string) =>
    ask<{ days: ClosedDay[]; left_out: number }>('POST', '/calendars/file', { text }),
};
