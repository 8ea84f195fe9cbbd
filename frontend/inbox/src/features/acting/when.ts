import { daysLater, instantOf, wallIn, weekdayOf, type Wall } from '$lib/zone';

type Chrono = Pick<typeof import('chrono-node/en'), 'parse'>;

/** Readers of dates by language, each a chunk of its own. Other languages have only our own words. */
const READERS: Record<string, () => Promise<Chrono>> = {
  en: () => import('chrono-node/en'),
  de: () => import('chrono-node/de'),
  fr: () => import('chrono-node/fr'),
  es: () => import('chrono-node/es'),
  ru: () => import('chrono-node/ru'),
  zh: () => import('chrono-node/zh'),
};
const MORNING = 9;
const COMPACT = /^\+?\s*(\d{1,4})\s*(m|min|h|d|w)$/;
const TIME = /(?:^|\s)(?:at |um |o |v |à |a las )?(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm|uhr|h)?$/;

/** “fri 14:30”, “in 3 hours”, “morgen um 8” as a moment after now on the agent's clock, or null. */
export async function readWhen(
  text: string,
  now: Date,
  zone: string,
  language: string,
): Promise<Date | null> {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return null;
  const own = readOwn(wanted, now, zone, language) ?? readOwn(wanted, now, zone, 'en');
  if (own) return own > now ? own : null;
  const base = language.split('-')[0] ?? 'en';
  for (const name of new Set([base, 'en'])) {
    const reader = await READERS[name]?.();
    const found = reader && readWith(reader, text.trim(), now, zone);
    if (found && found > now) return found;
  }
  return null;
}

/** Lengths, and days and weekdays by the names that the browser knows in every language. */
export function readOwn(text: string, now: Date, zone: string, language: string): Date | null {
  const compact = COMPACT.exec(text);
  if (compact) return later(now, zone, Number(compact[1]), compact[2] ?? 'h');
  const relative = readRelative(text, now, zone, language);
  if (relative) return relative;
  const today = wallIn(zone, now);
  const { rest, hour, minute } = splitTime(text);
  const days = rest === '' && hour !== null ? 0 : daysNamed(rest, today, language);
  if (days === null) return null;
  const at = instantOf(daysLater(today, days, hour ?? MORNING, hour === null ? 0 : minute), zone);
  if (at > now) return at;
  const isWeekday = rest !== '' && days === 0 && rest !== dayWord(0, language);
  const next = isWeekday ? 7 : rest === '' ? 1 : 0;
  return instantOf(daysLater(today, days + next, hour ?? MORNING, hour === null ? 0 : minute), zone);
}

function later(now: Date, zone: string, n: number, unit: string): Date {
  if (unit === 'h') return new Date(now.getTime() + n * 3_600_000);
  if (unit === 'm' || unit === 'min') return new Date(now.getTime() + n * 60_000);
  return instantOf(daysLater(wallIn(zone, now), unit === 'w' ? n * 7 : n), zone);
}

/** “in 3 hours” exactly as the language says it. */
function readRelative(text: string, now: Date, zone: string, language: string): Date | null {
  const n = Number(/\d+/.exec(text)?.[0] ?? NaN);
  if (!Number.isFinite(n) || n > 1000) return null;
  const words = new Intl.RelativeTimeFormat(language);
  const units = { minute: 'm', hour: 'h', day: 'd', week: 'w' } as const;
  for (const [unit, short] of Object.entries(units)) {
    if (words.format(n, unit as 'hour').toLowerCase() === text) return later(now, zone, n, short);
  }
  return null;
}

function splitTime(text: string): { rest: string; hour: number | null; minute: number } {
  const found = TIME.exec(text);
  if (!found) return { rest: text, hour: null, minute: 0 };
  let hour = Number(found[1]);
  const minute = Number(found[2] ?? 0);
  if (found[3] === 'pm' && hour < 12) hour += 12;
  if (found[3] === 'am' && hour === 12) hour = 0;
  if (hour > 23 || minute > 59) return { rest: text, hour: null, minute: 0 };
  const rest = text.slice(0, found.index).trim().replace(/,$/, '');
  return { rest, hour, minute };
}

function dayWord(days: number, language: string): string {
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(days, 'day').toLowerCase();
}

/** How many days from today the word names: today, tomorrow, or the next such weekday. */
function daysNamed(word: string, today: Wall, language: string): number | null {
  for (const days of [0, 1, 2]) if (word === dayWord(days, language)) return days;
  if (word.length < 2) return null;
  for (let step = 0; step < 7; step += 1) {
    const day = new Date(Date.UTC(2023, 0, 1 + ((weekdayOf(today) + step) % 7)));
    const names = (['long', 'short'] as const).map((weekday) =>
      new Intl.DateTimeFormat(language, { weekday, timeZone: 'UTC' }).format(day).toLowerCase(),
    );
    const plain = names.map((name) => name.replace(/\.$/, '').replace(/^วัน/, ''));
    const asked = word.replace(/\.$/, '').replace(/^วัน/, '');
    if (plain.some((name) => name === asked || (asked.length >= 3 && name.startsWith(asked)))) return step;
  }
  return null;
}

/** The library reads clock times of the browser's zone: give it the agent's clock as if it were. */
function readWith(reader: Chrono, text: string, now: Date, zone: string): Date | null {
  const { year, month, day, hour, minute } = wallIn(zone, now);
  const here = new Date(year, month - 1, day, hour, minute);
  const start = reader.parse(text, here, { forwardDate: true })[0]?.start;
  if (!start) return null;
  const read = (part: 'year' | 'month' | 'day' | 'hour' | 'minute') => start.get(part) ?? 0;
  const isTimed = start.isCertain('hour');
  return instantOf(
    {
      year: read('year'),
      month: read('month'),
      day: read('day'),
      hour: isTimed ? read('hour') : MORNING,
      minute: isTimed ? read('minute') : 0,
    },
    zone,
  );
}
