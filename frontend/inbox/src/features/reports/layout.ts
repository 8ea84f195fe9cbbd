import type { Report, ReportBars, ReportHeat, ReportSeries } from '@aftercare/api/reports.ts';

/** One chart of a report. */
export type Block =
  | { kind: 'line'; key: string; series: ReportSeries }
  | { kind: 'stack'; key: string; series: ReportSeries[]; isPiled: boolean }
  | { kind: 'bars'; key: string; bars: ReportBars }
  | { kind: 'heat'; key: string; heat: ReportHeat };

/** Charts side by side: one over time with bars beside it, or two alike, or one alone. */
export interface Band {
  shape: 'wide-narrow' | 'halves' | 'thirds' | 'one';
  blocks: Block[];
}

/** Everything over time: what a group counts stands in one chart, piled up where it is parts of a whole (`by_channel`), in the server's order. */
export function overTime(series: readonly ReportSeries[]): Block[] {
  const blocks: Block[] = [];
  const groups = new Map<string, ReportSeries[]>();
  for (const each of series) {
    if (!each.group) blocks.push({ kind: 'line', key: each.key, series: each });
    else if (groups.has(each.group)) groups.get(each.group)?.push(each);
    else {
      const members = [each];
      groups.set(each.group, members);
      blocks.push({ kind: 'stack', key: each.group, series: members, isPiled: each.group.startsWith('by_') });
    }
  }
  return blocks;
}

export function bandsOf(report: Pick<Report, 'series' | 'bars' | 'heat'>): Band[] {
  const lines = overTime(report.series);
  const bars = report.bars.map((each): Block => ({ kind: 'bars', key: each.key, bars: each }));
  const bands: Band[] = [];
  const lead = lines[0];
  const beside = bars[0];
  if (lead && beside) bands.push({ shape: 'wide-narrow', blocks: [lead, beside] });
  else if (lead && lines.length % 2 === 1) bands.push({ shape: 'one', blocks: [lead] });
  const leftLines = lead && (beside || lines.length % 2 === 1) ? lines.slice(1) : lines;
  for (let at = 0; at < leftLines.length; at += 2) bands.push(bandOf(leftLines.slice(at, at + 2)));
  const leftBars = lead && beside ? bars.slice(1) : bars;
  const perBand = leftBars.length % 3 === 0 ? 3 : 2;
  for (let at = 0; at < leftBars.length; at += perBand) bands.push(bandOf(leftBars.slice(at, at + perBand)));
  for (const heat of report.heat ?? [])
    bands.push({ shape: 'one', blocks: [{ kind: 'heat', key: heat.key, heat }] });
  return bands;
}

function bandOf(blocks: Block[]): Band {
  return { shape: blocks.length === 3 ? 'thirds' : blocks.length === 2 ? 'halves' : 'one', blocks };
}

/** Nothing was counted at all: the report says so instead of drawing noughts. */
export function isEmpty(report: Report): boolean {
  return (
    report.tiles.every((tile) => !tile.value && !tile.n) &&
    report.series.every((each) => each.points.every((point) => !point.value)) &&
    report.bars.every((each) => each.rows.every((row) => !row.value))
  );
}
