import type {
  ReportBars,
  ReportCell,
  ReportHeat,
  ReportRow,
  ReportSeries,
  ReportTable,
} from '@aftercare/api/reports.ts';
import { weekdayName } from './days';
import type { Block } from './layout';
import { AVERAGE, rowLabel } from './names';
import type { Sorting } from './state';

/** The rows in the order asked for; what has no figure comes last whichever way. */
export function sorted(rows: readonly ReportRow[], sorting: Sorting | undefined): ReportRow[] {
  if (!sorting) return [...rows];
  const { column, isDown } = sorting;
  const valueOf = (row: ReportRow): ReportCell =>
    column === 'label'
      ? (row.label ?? row.key)
      : row.hidden?.includes(column)
        ? null
        : (row.values[column] ?? null);
  return [...rows].sort((a, b) => {
    if (a.key === AVERAGE || b.key === AVERAGE) return a.key === AVERAGE ? 1 : -1;
    const left = valueOf(a);
    const right = valueOf(b);
    if (left === null || right === null) return (left === null ? 1 : 0) - (right === null ? 1 : 0);
    const order =
      typeof left === 'number' && typeof right === 'number'
        ? left - right
        : String(left).localeCompare(String(right));
    return isDown ? -order : order;
  });
}

/** The next sorting of a column: first the largest on top, then the smallest, then as it came. */
export function nextSorting(now: Sorting | undefined, column: string): Sorting | undefined {
  const first = column === 'label' ? false : true;
  if (now?.column !== column) return { column, isDown: first };
  return now.isDown === first ? { column, isDown: !first } : undefined;
}

/** The days of a line as a table. */
export function tableOfSeries(
  key: string,
  series: readonly ReportSeries[],
  isCompared: boolean,
): ReportTable {
  const lead = series[0];
  const hasBand = series.length === 1 && lead?.points.some((point) => typeof point.low === 'number');
  const unit = lead?.unit ?? 'count';
  const hasN =
    series.length === 1 && lead?.points.some((point) => typeof point.n === 'number') && lead.unit !== 'count';
  const before = series.length === 1 && isCompared ? (lead?.previous ?? []) : [];
  const columns = series.map((each) => ({
    key: each.key,
    label: each.label,
    unit: each.unit,
    currency: each.currency,
    drill: each.drill,
  }));
  return {
    key,
    columns: [
      ...columns,
      ...(hasBand
        ? [
            { key: 'band_low', unit },
            { key: 'band_high', unit },
          ]
        : []),
      ...(hasN ? [{ key: 'n', unit: 'count' }] : []),
      ...(before.length ? [{ key: 'previous', unit }] : []),
    ],
    rows: (lead?.points ?? []).map((point, index) => ({
      key: point.day,
      label: null,
      values: {
        ...Object.fromEntries(series.map((each) => [each.key, each.points[index]?.value ?? null])),
        band_low: point.low ?? null,
        band_high: point.high ?? null,
        n: point.n ?? null,
        previous: before[index]?.value ?? null,
      },
    })),
  };
}

export function tableOfBars(bars: ReportBars, of: string): ReportTable {
  const hasShare = bars.rows.some((row) => typeof row.share === 'number');
  return {
    key: bars.key,
    columns: [
      { key: 'value', unit: bars.unit, currency: bars.currency, drill: bars.drill },
      ...(hasShare ? [{ key: 'share', unit: 'share' }] : []),
    ],
    rows: bars.rows.map((row) => ({
      key: row.key,
      label: rowLabel(of, row.key, row.label),
      values: { value: row.value, share: row.share ?? null },
      hidden: row.hidden ? ['value', 'share'] : [],
    })),
  };
}

export function tableOfHeat(heat: ReportHeat): ReportTable {
  const hours = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));
  return {
    key: heat.key,
    columns: hours.map((hour) => ({ key: hour, label: hour, unit: heat.unit })),
    rows: heat.cells.map((line, day) => ({
      key: String(day),
      label: weekdayName(day),
      values: Object.fromEntries(hours.map((hour, index) => [hour, line[index] ?? null])),
    })),
  };
}

/** A chart as a table. */
export function tableOf(block: Block, isCompared: boolean, report: string): ReportTable {
  if (block.kind === 'line') return tableOfSeries(block.key, [block.series], isCompared);
  if (block.kind === 'stack') return tableOfSeries(block.key, block.series, false);
  return block.kind === 'bars' ? tableOfBars(block.bars, `${report} ${block.key}`) : tableOfHeat(block.heat);
}
