/** The moments a ticket can be put to sleep until, from now. */
export interface SnoozeChoice {
  id: 'hours' | 'tomorrow' | 'monday' | 'week';
  at: Date;
}

function atNine(day: Date): Date {
  const morning = new Date(day);
  morning.setHours(9, 0, 0, 0);
  return morning;
}

function inDays(now: Date, days: number): Date {
  const day = new Date(now);
  day.setDate(day.getDate() + days);
  return day;
}

export function snoozeChoices(now: Date): SnoozeChoice[] {
  const untilMonday = (8 - now.getDay()) % 7 || 7;
  return [
    { id: 'hours', at: new Date(now.getTime() + 2 * 3_600_000) },
    { id: 'tomorrow', at: atNine(inDays(now, 1)) },
    { id: 'monday', at: atNine(inDays(now, untilMonday)) },
    { id: 'week', at: atNine(inDays(now, 7)) },
  ];
}
