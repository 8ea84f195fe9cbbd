import type { ReportSeries } from '@aftercare/api/reports.ts';

/** One day of a stack: from the bottom, each part with where it begins. */
export interface Pile {
  day: string;
  total: number;
  parts: { series: number; value: number; from: number }[];
}

const MOST_COLOURS = 6;

/** The largest parts first; from the sixth on they are one, “other”, so that colours stay apart. */
export function partsOf(series: readonly ReportSeries[]): { shown: ReportSeries[]; others: ReportSeries[] } {
  const sumOf = (each: ReportSeries) => each.points.reduce((sum, point) => sum + (point.value ?? 0), 0);
  const sorted = [...series].sort((a, b) => sumOf(b) - sumOf(a));
  if (sorted.length <= MOST_COLOURS) return { shown: sorted, others: [] };
  return { shown: sorted.slice(0, MOST_COLOURS - 1), others: sorted.slice(MOST_COLOURS - 1) };
}

/** Several series added up, day by day. */
export function sumOf(series: readonly ReportSeries[], key: string): ReportSeries {
  const first = series[0];
  return {
    key,
    unit: first?.unit ?? 'count',
    points: (first?.points ?? []).map((point, index) => ({
      day: point.day,
      value: series.reduce((sum, each) => sum + (each.points[index]?.value ?? 0), 0),
    })),
  };
}

export function pilesOf(series: readonly ReportSeries[]): Pile[] {
  return (series[0]?.points ?? []).map(({ day }, index) => {
    let total = 0;
    const parts = series.map((each, place) => {
      const value = each.points[index]?.value ?? 0;
      const part = { series: place, value, from: total };
      total += value;
      return part;
    });
    return { day, total, parts };
  });
}
