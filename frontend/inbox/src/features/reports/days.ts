import { getLocale } from '@aftercare/ui';
import { wallIn } from '$lib/zone';

// Days are written as 2026-11-21 and belong to the shop's zone: no clock moves them.

const DAY_MS = 86_400_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

function format(day: string, options: Intl.DateTimeFormatOptions): string {
  const key = getLocale() + JSON.stringify(options);
  let formatter = formatters.get(key);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat(getLocale(), { timeZone: 'UTC', ...options });
    formatters.set(key, formatter);
  }
  return formatter.format(Date.parse(day));
}

/** True for a day that exists, written as 2026-11-21. */
export function isDay(text: string | null | undefined): text is string {
  if (!text || !/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

export function plusDays(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

/** How many days from the first to the last, both counted. */
export function daysBetween(first: string, last: string): number {
  return Math.round((Date.parse(last) - Date.parse(first)) / DAY_MS) + 1;
}

/** The day it is there. */
export function todayIn(zone: string, now: Date): string {
  const { year, month, day } = wallIn(zone, now);
  return new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10);
}

/** Mon 9 Nov */
export const weekdayAndDay = (day: string) =>
  format(day, { weekday: 'short', day: 'numeric', month: 'short' });

/** 9 Nov */
export const shortDay = (day: string) => format(day, { day: 'numeric', month: 'short' });

/** 0 for Monday to 6 for Sunday */
export const weekdayOf = (day: string): number => (new Date(Date.parse(day)).getUTCDay() + 6) % 7;

/** Mon */
export const weekdayName = (index: number) => format(plusDays('2024-01-01', index), { weekday: 'short' });

/** 23 Oct – 21 Nov, with years when they differ or are not this one. */
export function spanOf(first: string, last: string, today: string): string {
  const isPlain = first.slice(0, 4) === last.slice(0, 4) && last.slice(0, 4) === today.slice(0, 4);
  const options: Intl.DateTimeFormatOptions = isPlain
    ? { day: 'numeric', month: 'short' }
    : { day: 'numeric', month: 'short', year: 'numeric' };
  return first === last ? format(first, options) : `${format(first, options)} – ${format(last, options)}`;
}
