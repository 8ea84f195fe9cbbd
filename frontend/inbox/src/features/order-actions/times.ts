import { getLocale } from '@aftercare/ui';

/** 19:14:48 */
export function timeWithSeconds(at: string): string {
  const parts = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
  return new Intl.DateTimeFormat(getLocale(), parts).format(new Date(at));
}

/** How long ago, in seconds at first: 4 s, 3m. */
export function ago(at: string, now: Date, inMinutes: (ms: number) => string): string {
  const ms = Math.max(0, now.getTime() - Date.parse(at));
  const seconds = Math.max(1, Math.round(ms / 1000));
  return seconds < 60
    ? new Intl.NumberFormat(getLocale(), { style: 'unit', unit: 'second', unitDisplay: 'narrow' }).format(
        seconds,
      )
    : inMinutes(ms);
}
