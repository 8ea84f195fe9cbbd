import { count, decimal, getLocale, money, percent } from '@aftercare/ui';

/** What a figure is made of, as the server says it. */
export type Unit = 'count' | 'share' | 'seconds' | 'stars' | 'score' | 'money' | 'ratio' | 'text';
export type Good = 'up' | 'down' | null;
export const NOTHING = '–';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

function inUnit(value: number, unit: string): string {
  return new Intl.NumberFormat(getLocale(), {
    style: 'unit',
    unit,
    unitDisplay: 'narrow',
    maximumFractionDigits: 0,
  }).format(value);
}

/** A length of time in its two largest units: 45s, 12m, 2h 14m, 3d 4h. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < MINUTE) return inUnit(whole, 'second');
  const minutes = Math.round(whole / MINUTE);
  if (minutes < 60) return inUnit(minutes, 'minute');
  if (minutes < 48 * 60) return pair(Math.floor(minutes / 60), 'hour', minutes % 60, 'minute');
  const hours = Math.round(whole / HOUR);
  return pair(Math.floor(hours / 24), 'day', hours % 24, 'hour');
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small ? `${inUnit(large, largeUnit)} ${inUnit(small, smallUnit)}` : inUnit(large, largeUnit);
}

/** A figure as it is written; a dash for none. */
export function written(value: number | null | undefined, unit: string, currency?: string | null): string {
  if (value === null || value === undefined) return NOTHING;
  if (unit === 'share') return percent(value, value > 0 && value < 0.1 ? 1 : 0);
  if (unit === 'seconds') return duration(value);
  if (unit === 'stars') return decimal(value, 2);
  if (unit === 'score') return signed(value);
  if (unit === 'money')
    return currency ? money({ minor: value, currency }, Math.abs(value) >= 100_000) : NOTHING;
  if (unit === 'ratio') return decimal(value, 1);
  return Number.isInteger(value) ? count(value) : decimal(value, 1);
}

function signed(value: number): string {
  const text = decimal(Math.abs(value), 0);
  return value < -0.5 ? `−${text}` : value >= 0.5 ? `+${text}` : text;
}

/** A figure beside an axis: short, and without needless zeros. */
export function onAxis(value: number, unit: string, step: number, currency?: string | null): string {
  if (unit === 'stars') return decimal(value, step % 1 === 0 || value % 1 === 0 ? 1 : 2);
  if (unit === 'share') return percent(value, step < 0.01 ? 1 : 0);
  if (unit === 'seconds') return value === 0 ? '0' : duration(value);
  if (unit === 'money') return currency ? money({ minor: value, currency }, true) : count(value);
  if (unit === 'ratio' || step < 1) return decimal(value, 1);
  return new Intl.NumberFormat(getLocale(), { notation: value >= 10_000 ? 'compact' : 'standard' }).format(
    value,
  );
}

/** How far a figure moved, and whether that is good news. */
export interface Change {
  isUp: boolean;
  /** null: neither. */
  isGood: boolean | null;
  text: string;
}

/** The smallest change that is written, by unit. */
const SMALLEST: Record<string, number> = {
  share: 0.005,
  seconds: 1,
  stars: 0.005,
  score: 0.5,
  money: 1,
  ratio: 0.05,
};

/** The change since the period before; null where there is none to tell. */
export function changeOf(
  now: number | null | undefined,
  before: number | null | undefined,
  unit: string,
  good: Good,
  currency?: string | null,
): Change | null {
  if (now === null || now === undefined || before === null || before === undefined) return null;
  const difference = now - before;
  if (Math.abs(difference) < (SMALLEST[unit] ?? 0.5)) return null;
  const isUp = difference > 0;
  return {
    isUp,
    isGood: good === null ? null : isUp === (good === 'up'),
    text: sizeOf(Math.abs(difference), unit, currency),
  };
}

function sizeOf(size: number, unit: string, currency?: string | null): string {
  if (unit === 'share') return `${decimal(size * 100, size < 0.01 ? 1 : 0)} pt`;
  if (unit === 'score') return decimal(size, 0);
  return written(size, unit, currency);
}
