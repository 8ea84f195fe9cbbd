/** A time on the clock of some place, without saying which: months from 1. */
export interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
}

const HALF_DAY_MS = 12 * 3_600_000;

/** What the clock shows there at that moment. */
export function wallIn(zone: string, at: Date): Wall {
  const parts = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  }).formatToParts(at);
  const read = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  return {
    year: read('year'),
    month: read('month'),
    day: read('day'),
    hour: read('hour'),
    minute: read('minute'),
  };
}

function asIfUtc({ year, month, day, hour, minute }: Wall): number {
  return Date.UTC(year, month - 1, day, hour, minute);
}

/**
 * When the clock there shows this. In the hour that is skipped in spring the clock shows an hour
 * later; of the hour that comes twice in autumn it is the first.
 */
export function instantOf(wall: Wall, zone: string): Date {
  const wanted = asIfUtc(wall);
  const offsetAt = (at: number) => asIfUtc(wallIn(zone, new Date(at))) - Math.floor(at / 60_000) * 60_000;
  const before = wanted - offsetAt(wanted - HALF_DAY_MS * 2);
  const after = wanted - offsetAt(wanted + HALF_DAY_MS * 2);
  for (const at of [Math.min(before, after), Math.max(before, after)])
    if (asIfUtc(wallIn(zone, new Date(at))) === wanted) return new Date(at);
  return new Date(before);
}

/** The same clock time some days later; days of 23 or 25 hours count as days. */
export function daysLater(wall: Wall, days: number, hour = wall.hour, minute = wall.minute): Wall {
  const day = new Date(Date.UTC(wall.year, wall.month - 1, wall.day + days));
  return {
    year: day.getUTCFullYear(),
    month: day.getUTCMonth() + 1,
    day: day.getUTCDate(),
    hour,
    minute,
  };
}

/** 0 is Sunday. */
export function weekdayOf({ year, month, day }: Wall): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay();
}

/** The zone the agent works in: the one in their settings, else the browser's. */
export function agentZone(settings: Record<string, unknown> | undefined): string {
  const own = settings?.['time_zone'];
  if (typeof own === 'string' && isZone(own)) return own;
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

export function isZone(name: string | null | undefined): name is string {
  if (!name) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
