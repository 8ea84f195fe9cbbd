import { shortDuration } from '@aftercare/ui';

const HOUR_MS = 3_600_000;

/** What is left: “14:32” within the hour, counted by seconds; “3h” beyond; “0:00” when it is due. */
export function leftWords(milliseconds: number): string {
  if (milliseconds >= HOUR_MS) return shortDuration(milliseconds);
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
