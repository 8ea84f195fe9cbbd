import type { ReportSchedule, Rhythm } from '@aftercare/api/reports.ts';
import { t } from '@aftercare/ui';
import type { ReportState } from './state';

export const RHYTHMS: Rhythm[] = ['daily', 'weekly', 'monthly'];

/** 8 → “08:00”: an hour as clocks and lists of hours write it. */
export const hourLabel = (hour: number): string => `${String(hour).padStart(2, '0')}:00`;

/** “Every Monday at 08:00 (Europe/Berlin)”. */
export function rhythmLabel(schedule: Pick<ReportSchedule, 'rhythm' | 'hour' | 'zone'>): string {
  return t(`reports.mail.every.${schedule.rhythm}`, { time: hourLabel(schedule.hour), zone: schedule.zone });
}

/** What of the screen goes into a schedule: its filters and hours, not its days. */
export function filtersOf(view: Pick<ReportState, 'filters' | 'isBusinessHours'>): Record<string, string> {
  return { ...view.filters, ...(view.isBusinessHours ? { hours: 'business' } : {}) };
}

/** This report's first, then by name; within one by what comes next. */
export function inOrder(schedules: readonly ReportSchedule[], name: string): ReportSchedule[] {
  const key = (each: ReportSchedule) => `${each.name === name ? 0 : 1}${each.name} ${each.next_at}`;
  return schedules.toSorted((a, b) => key(a).localeCompare(key(b)));
}
