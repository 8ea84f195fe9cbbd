const UNITS = { d: 86_400, h: 3600, m: 60 } as const;
const PART = /^(\d+(?:[.,]\d+)?)([dhm])$/;

/** “2d 4h”, “90m” or a bare number of hours as seconds; null for nothing, undefined for no duration. */
export function readDuration(text: string): number | null | undefined {
  const parts = text
    .toLowerCase()
    .replace(/(\d)\s+(?=[dhm])/g, '$1')
    .replace(/([dhm])(?=\d)/g, '$1 ')
    .split(/\s+/)
    .filter(Boolean);
  if (!parts.length) return null;
  let seconds = 0;
  for (const part of parts) {
    const bare = parts.length === 1 && /^\d+(?:[.,]\d+)?$/.test(part) ? `${part}h` : part;
    const found = PART.exec(bare);
    if (!found) return undefined;
    seconds += Number(found[1]!.replace(',', '.')) * UNITS[found[2] as keyof typeof UNITS];
  }
  return Math.round(seconds / 60) * 60 || undefined;
}

/** The same as people write it: “2d 4h”, “1h 30m”. */
export function writeDuration(seconds: number | null): string {
  let left = seconds ?? 0;
  return Object.entries(UNITS)
    .map(([unit, size]) => {
      const n = Math.floor(left / size);
      left -= n * size;
      return n ? `${n}${unit}` : '';
    })
    .filter(Boolean)
    .join(' ');
}
