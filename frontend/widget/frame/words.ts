type Plural = Partial<Record<Intl.LDMLPluralRule, string>>;
export type Words = Record<string, string | Plural>;

/** The page's words and what else a language decides. */
export class Speech {
  private readonly plurals: Intl.PluralRules;

  constructor(
    readonly locale: string,
    private readonly words: Words,
  ) {
    this.plurals = new Intl.PluralRules(locale);
  }

  /** A line of words with its gaps filled; `count` chooses the plural and stands for `#`. */
  say = (key: string, gaps: Record<string, string> = {}, count = 0): string => {
    const word = this.words[key] ?? key;
    const line = typeof word === 'string' ? word : (word[this.plurals.select(count)] ?? word.other ?? '');
    return line.replace('#', this.number(count)).replace(/\{(\w+)\}/g, (_, gap: string) => gaps[gap] ?? '');
  };

  number = (value: number): string => new Intl.NumberFormat(this.locale).format(value);

  time = (at: string): string => this.date(at, { hour: 'numeric', minute: '2-digit' });

  /** With the weekday, as people say dates of the coming days. */
  day = (at: string): string => this.date(at, { weekday: 'long', day: 'numeric', month: 'short' });

  dayAndTime = (at: string): string =>
    this.date(at, { weekday: 'short', day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' });

  /** A day as the head of what was said on it: today, yesterday or its date. */
  heading = (at: string, now: Date): string => {
    const ago = daysBetween(new Date(at), now);
    if (ago > 1) return this.day(at);
    return capital(new Intl.RelativeTimeFormat(this.locale, { numeric: 'auto' }).format(-ago, 'day'));
  };

  /** When somebody is back: the time alone today, else the weekday with it. */
  moment = (at: string, now: Date): string => {
    const isToday = daysBetween(new Date(at), now) === 0;
    return this.date(at, { ...(isToday ? {} : { weekday: 'long' }), hour: 'numeric', minute: '2-digit' });
  };

  ago = (at: string, now: Date): string => {
    const minutes = Math.round((now.getTime() - new Date(at).getTime()) / 60_000);
    const [value, unit] =
      minutes < 60
        ? [minutes, 'minute' as const]
        : minutes < 1440
          ? [minutes / 60, 'hour' as const]
          : [minutes / 1440, 'day' as const];
    return new Intl.RelativeTimeFormat(this.locale, { numeric: 'auto' }).format(-Math.round(value), unit);
  };

  size = (bytes: number): string =>
    new Intl.NumberFormat(this.locale, {
      style: 'unit',
      unit: bytes < 1e6 ? 'kilobyte' : 'megabyte',
      maximumFractionDigits: bytes < 1e6 ? 0 : 1,
    }).format(bytes / (bytes < 1e6 ? 1e3 : 1e6));

  private date = (at: string, options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat(this.locale, options).format(new Date(at));
}

/** Whole days of the calendar, in the shopper's zone. */
export function daysBetween(from: Date, to: Date): number {
  const midnight = (date: Date): number => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(to) - midnight(from)) / 86_400_000);
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
