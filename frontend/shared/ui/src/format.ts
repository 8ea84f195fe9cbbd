import type { PricedMoney } from '@aftercare/api';
import { getLocale, t } from './words';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const formatters = new Map<string, Intl.DateTimeFormat>();

/** How this person reads dates: on which clock, and whether as 2026-11-21. */
export interface DateChoice {
  /** undefined: as this computer. */
  timeZone?: string;
  isIso: boolean;
}
let dates: DateChoice = { isIso: false };

/** Chooses how dates are written from here on. */
export function useDates(choice: DateChoice): void {
  dates = choice;
  formatters.clear();
}

function dateFormat(options: Intl.DateTimeFormatOptions, locale: string = getLocale()): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let format = formatters.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(locale, { timeZone: dates.timeZone, ...options });
    formatters.set(key, format);
  }
  return format;
}

/** 2026-11-21, on the reader's clock. */
function isoDate(date: Date): string {
  return dateFormat({ year: 'numeric', month: '2-digit', day: '2-digit' }, 'sv-SE').format(date);
}

function isSameDay(a: Date, b: Date): boolean {
  return isoDate(a) === isoDate(b);
}

/** 18:41 */
export function timeOfDay(at: string | Date): string {
  return dateFormat({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(at));
}

/** Sat 21 Nov 2026, 18:41 */
export function dateAndTime(at: string | Date): string {
  if (dates.isIso) return `${isoDate(new Date(at))} ${timeOfDay(at)}`;
  return dateFormat({
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(at));
}

/** 14 Nov, with the year when it is another one. */
export function shortDate(at: string | Date, now: Date = new Date()): string {
  const date = new Date(at);
  if (dates.isIso) return isoDate(date);
  const year = date.getFullYear() === now.getFullYear() ? undefined : 'numeric';
  return dateFormat({ day: 'numeric', month: 'short', year }).format(date);
}

/** 9 Mon, for axes and tooltips. */
export function weekdayAndDate(at: string | Date): string {
  if (dates.isIso) return `${dateFormat({ weekday: 'short' }).format(new Date(at))} ${isoDate(new Date(at))}`;
  return dateFormat({ weekday: 'short', day: 'numeric', month: 'short' }).format(new Date(at));
}

/** A length of time in one unit: 2m, 1h, 3d. Below a minute it is 0m. */
export function shortDuration(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / MINUTE_MS));
  if (minutes < 60) return t('time.minutes', { n: minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return t('time.hours', { n: hours });
  return t('time.days', { n: Math.floor(hours / 24) });
}

/** How long ago in a list: 2m, 1h, Fri, 12 Nov. */
export function listTime(at: string, now: Date): string {
  const age = now.getTime() - new Date(at).getTime();
  if (age < MINUTE_MS) return t('time.now');
  if (age < DAY_MS) return shortDuration(age);
  if (age < 6 * DAY_MS) return dateFormat({ weekday: 'short' }).format(new Date(at));
  return shortDate(at, now);
}

/** Today, Yesterday, Fri 20 Nov */
export function dayLabel(at: string, now: Date): string {
  const date = new Date(at);
  if (isSameDay(date, now)) return t('time.today');
  if (isSameDay(date, new Date(now.getTime() - DAY_MS))) return t('time.yesterday');
  return weekdayAndDate(date);
}

/** today 18:20 or 14 Nov, as an order shows it. */
export function orderTime(at: string, now: Date): string {
  const date = new Date(at);
  return isSameDay(date, now) ? t('time.todayAt', { time: timeOfDay(date) }) : shortDate(date, now);
}

/** A moment soon: 19:30 today, else 26 Nov. */
export function stepTime(at: string, now: Date): string {
  const date = new Date(at);
  return isSameDay(date, now) ? timeOfDay(date) : shortDate(date, now);
}

/** What the clock says in a time zone, or null when the zone is unknown. */
export function localTimeIn(timeZone: string, now: Date): string | null {
  try {
    return dateFormat({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }).format(now);
  } catch {
    return null;
  }
}

/** €84.90; −€4.90 with a real minus. `isRound` leaves out the cents. */
export function money(value: Pick<PricedMoney, 'minor' | 'currency'>, isRound = false): string {
  const style: Intl.NumberFormatOptions = { style: 'currency', currency: value.currency };
  const digits = new Intl.NumberFormat(getLocale(), style).resolvedOptions().maximumFractionDigits ?? 2;
  const format = new Intl.NumberFormat(getLocale(), isRound ? { ...style, maximumFractionDigits: 0 } : style);
  return format.format(value.minor / 10 ** digits).replace('-', '−');
}

export function count(n: number): string {
  return new Intl.NumberFormat(getLocale()).format(n);
}

/** `digits` after the point, always. */
export function decimal(n: number, digits: number): string {
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(getLocale(), format).format(n).replace('-', '−');
}

export function percent(share: number, digits = 0): string {
  return new Intl.NumberFormat(getLocale(), {
    style: 'percent',
    maximumFractionDigits: digits,
    minimumFractionDigits: digits,
  }).format(share);
}

/** 4 kB, 1.2 MB */
export function fileSize(bytes: number): string {
  const isLarge = bytes >= 1_000_000;
  const unit = isLarge ? 'megabyte' : 'kilobyte';
  const value = isLarge ? bytes / 1_000_000 : Math.max(1, bytes / 1000);
  return new Intl.NumberFormat(getLocale(), {
    style: 'unit',
    unit,
    maximumFractionDigits: isLarge ? 1 : 0,
  }).format(value);
}

/** The name of a language in the reader's language, or the tag itself. */
export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames(getLocale(), { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

export function countryName(code: string): string {
  try {
    return code.length === 2
      ? (new Intl.DisplayNames(getLocale(), { type: 'region' }).of(code) ?? code)
      : code;
  } catch {
    return code;
  }
}

/** Up to two letters for an avatar. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/\s+/)
    .filter((word) => /\p{L}/u.test(word));
  const first = [...(words[0] ?? '?')][0] ?? '?';
  if (/\p{Script=Han}|\p{Script=Arabic}|\p{Script=Hiragana}|\p{Script=Katakana}/u.test(first)) return first;
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : '';
  return (first + last).toUpperCase();
}

/** One of the eight muted pairs, always the same for the same person. */
export function avatarTint(id: string): number {
  let hash = 0;
  for (const letter of id) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
  return (hash % 8) + 1;
}
