/** What this browser remembers by itself. Nothing here is secret, and losing it is no harm. */
const PREFIX = 'aftercare.';

export function readStored<T>(key: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(PREFIX + key);
    return text === null ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise;
  }
}

/** Answers false when the browser has no room or forbids storing. */
export function store(key: string, value: unknown): boolean {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function forget(key: string): void {
  localStorage.removeItem(PREFIX + key);
}

export function storedKeys(start: string): string[] {
  return Object.keys(localStorage)
    .filter((key) => key.startsWith(PREFIX + start))
    .map((key) => key.slice(PREFIX.length));
}

/** Signing out leaves nothing of the shop's data behind; the look of the app stays. */
export function forgetWork(): void {
  for (const key of storedKeys('')) if (key !== 'appearance') forget(key);
}
