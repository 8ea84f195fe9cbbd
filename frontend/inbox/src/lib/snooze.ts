import { daysLater, instantOf, wallIn, weekdayOf } from './zone';

/** The moments a ticket can be put to sleep until, from now. */
export interface SnoozeChoice {
  id: 'hours' | 'tomorrow' | 'monday' | 'week';
  at: Date;
}

const MORNING = 9;

/** Mornings are mornings where the agent is. */
export function snoozeChoices(
  now: Date,
  zone = Intl.DateTimeFormat().resolvedOptions().timeZone,
): SnoozeChoice[] {
  const today = wallIn(zone, now);
  const untilMonday = (8 - weekdayOf(today)) % 7 || 7;
  const morning = (days: number) => instantOf(daysLater(today, days, MORNING, 0), zone);
  return [
    { id: 'hours', at: new Date(now.getTime() + 2 * 3_600_000) },
    { id: 'tomorrow', at: morning(1) },
    { id: 'monday', at: morning(untilMonday) },
    { id: 'week', at: morning(7) },
  ];
}
