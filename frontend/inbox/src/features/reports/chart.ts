import type { CsatReport } from '@aftercare/api';

export type Day = CsatReport['days'][number];
export interface Plot {
  x(index: number): number;
  y(value: number): number;
  ticks: number[];
  bottom: number;
}

/** The scale: from just below the lowest value to five, in quarter or half or whole steps. */
export function plotOf(days: readonly Day[], width: number, height: number): Plot {
  const lows = days.flatMap((day) => (day.average === null ? [] : [day.low ?? day.average]));
  const lowest = Math.min(5, ...lows);
  const step = lowest >= 4 ? 0.25 : lowest >= 3 ? 0.5 : 1;
  const bottom = Math.max(1, Math.floor((lowest - 0.01) / step) * step);
  const ticks: number[] = [];
  for (let value = bottom; value <= 5.001; value += step) ticks.push(value);
  return {
    x: (index) => (days.length < 2 ? width / 2 : (index / (days.length - 1)) * width),
    y: (value) => height - ((value - bottom) / (5 - bottom || 1)) * height,
    ticks,
    bottom,
  };
}

/** Stretches of neighbouring days that have ratings. */
export function stretches(days: readonly Day[]): { day: Day; index: number }[][] {
  const result: { day: Day; index: number }[][] = [];
  days.forEach((day, index) => {
    if (day.average === null) return;
    const last = result.at(-1);
    if (last && last.at(-1)?.index === index - 1) last.push({ day, index });
    else result.push([{ day, index }]);
  });
  return result;
}
