const pad = (n: number) => String(n).padStart(2, '0');

/** A moment as a datetime-local field writes it, in the agent's own time. */
export function asLocalInput(at: Date): string {
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}T${pad(at.getHours())}:${pad(at.getMinutes())}`;
}

/** What a datetime-local field says, if it lies ahead and within a year; else null. */
export function momentFrom(text: string, now: Date): Date | null {
  const at = new Date(text);
  const ahead = at.getTime() - now.getTime();
  return ahead > 0 && ahead < 365 * 86_400_000 ? at : null;
}
