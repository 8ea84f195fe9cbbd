// What charts are drawn from: scales, stretches and shades. No drawing and no words here.

export interface Point {
  day: string;
  value: number | null;
  n?: number | null;
  low?: number | null;
  high?: number | null;
}

export interface Scale {
  bottom: number;
  top: number;
  step: number;
  ticks: number[];
}

const TIME_STEPS = [
  1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 14_400, 21_600, 43_200, 86_400,
  172_800, 345_600, 604_800, 1_209_600, 2_592_000,
];
const MOST_STEPS = 5;

/** A step a reader can count with: 1, 2, 2.5 or 5 times a power of ten, or of the clock for times. */
export function stepFor(span: number, unit: string): number {
  const least = span / MOST_STEPS;
  if (unit === 'seconds')
    return TIME_STEPS.find((step) => step >= least) ?? Math.ceil(least / 2_592_000) * 2_592_000;
  const power = 10 ** Math.floor(Math.log10(least || 1));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= least * 0.999) ?? power;
  return ['count', 'score'].includes(unit) ? Math.max(1, Math.ceil(step)) : step;
}

/** The scale that holds these values: stars up to five, everything else from nought. */
export function scaleOf(values: readonly number[], unit: string): Scale {
  if (unit === 'stars') return starScale(values);
  const least = Math.min(0, ...values);
  const most = Math.max(0, ...values);
  const span = most - least || (unit === 'share' ? 1 : unit === 'seconds' ? 3_600 : 4);
  const step = stepFor(span, unit);
  const bottom = Math.floor(least / step + 1e-9) * step;
  const top = Math.max(bottom + step, Math.ceil((most || least + span) / step - 1e-9) * step);
  return {
    bottom,
    top: unit === 'share' ? Math.min(top, Math.max(1, most)) : top,
    step,
    ticks: ticksOf(bottom, top, step, unit),
  };
}

function ticksOf(bottom: number, top: number, step: number, unit: string): number[] {
  const ticks: number[] = [];
  for (let n = 0; bottom + n * step <= top + step / 1_000; n += 1) {
    const tick = Number((bottom + n * step).toPrecision(12));
    if (unit !== 'share' || tick <= 1) ticks.push(tick);
  }
  return ticks;
}

/** From just below the lowest to five, in quarter or half or whole steps: a dip is to be seen. */
function starScale(values: readonly number[]): Scale {
  const lowest = Math.min(5, ...values);
  const step = lowest >= 4 ? 0.25 : lowest >= 3 ? 0.5 : 1;
  const bottom = Math.max(1, Math.min(5 - step, Math.floor((lowest - 0.01) / step) * step));
  const ticks: number[] = [];
  for (let value = bottom; value <= 5.001; value += step) ticks.push(value);
  return { bottom, top: 5, step, ticks };
}

/** Every value a line, its band and its shadow of before take. */
export function valuesOf(...lines: (readonly Point[])[]): number[] {
  return lines.flatMap((points) =>
    points.flatMap((point) =>
      [point.value, point.low, point.high].filter((value): value is number => typeof value === 'number'),
    ),
  );
}

/** Stretches of neighbouring points that have a value: over days without one no line is drawn. */
export function stretches<T extends { value: number | null }>(
  points: readonly T[],
): { point: T; index: number }[][] {
  const result: { point: T; index: number }[][] = [];
  points.forEach((point, index) => {
    if (point.value === null) return;
    const last = result.at(-1);
    if (last && last.at(-1)?.index === index - 1) last.push({ point, index });
    else result.push([{ point, index }]);
  });
  return result;
}

/** Where marks of days stand: some six of them, always the first and the last, none too close. */
export function marksOf(length: number, width: number): number[] {
  if (length <= 1) return length === 1 ? [0] : [];
  const most = Math.max(2, Math.min(7, Math.floor(width / 96) + 1, length));
  const shares = Array.from({ length: most }, (_, index) => index / (most - 1));
  return [...new Set(shares.map((share) => Math.round(share * (length - 1))))];
}

/** One of five shades, 0 for nothing: of the largest value, so that small ones still differ. */
export function shadeOf(value: number | null, most: number): number {
  if (!value || most <= 0) return 0;
  return Math.max(1, Math.min(5, Math.ceil(Math.sqrt(value / most) * 5)));
}

/** From the point under the pointer. */
export function indexAt(x: number, width: number, length: number): number {
  if (length <= 1) return 0;
  return Math.max(0, Math.min(length - 1, Math.round((x / width) * (length - 1))));
}

/** Where a key takes the reader of a chart; null when it is no key of charts. */
export function indexByKey(key: string, at: number, length: number, isRtl = false): number | null {
  const forward = isRtl ? 'ArrowLeft' : 'ArrowRight';
  const back = isRtl ? 'ArrowRight' : 'ArrowLeft';
  if (key === forward || key === 'ArrowUp') return Math.min(length - 1, at + 1);
  if (key === back || key === 'ArrowDown') return Math.max(0, at - 1);
  if (key === 'PageUp') return Math.min(length - 1, at + 7);
  if (key === 'PageDown') return Math.max(0, at - 7);
  if (key === 'Home') return 0;
  if (key === 'End') return length - 1;
  return null;
}
