/** The days of a week, as the server names them. */
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof DAYS)[number];

const SPAN = /^((?:[01]?\d|2[0-3]):[0-5]\d)\s*[-–]\s*((?:[01]?\d|2[0-3]):[0-5]\d|24:00)$/;

/** `09:00-12:30, 13:30-18:00` as spans; null where it cannot be read, empty where it is closed. */
export function fromText(text: string): [string, string][] | null {
  const parts = text
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean);
  const spans: [string, string][] = [];
  for (const part of parts) {
    const found = SPAN.exec(part);
    if (!found?.[1] || !found[2]) return null;
    spans.push([found[1].padStart(5, '0'), found[2].padStart(5, '0')]);
  }
  return spans;
}

export function toText(spans: readonly (readonly [string, string])[]): string {
  return spans.map(([opens, closes]) => `${opens}-${closes}`).join(', ');
}

/** Where in its day a time is, in percent; an end that is on the next day is at midnight. */
export function share(time: string, opens?: string): number {
  const [hours = 0, rest = 0] = time.split(':').map(Number);
  return opens !== undefined && time <= opens ? 100 : (hours * 60 + rest) / 14.4;
}

/** Monday, in the language of the page. */
export function dayName(day: Day): string {
  const at = new Date(Date.UTC(2026, 10, 23 + DAYS.indexOf(day)));
  const language = document.documentElement.lang || undefined;
  return new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' }).format(at);
}
