import type { Report, ReportSeries, ReportTable, ReportTile } from '@aftercare/api/reports.ts';
import { useWords } from '@aftercare/ui';
import { en } from '@aftercare/ui/words/en';
import { beforeEach, expect, test } from 'vitest';
import { cellLabel } from '$features/reports/cell';
import { indexAt, indexByKey, marksOf, scaleOf, shadeOf, stretches } from '$features/reports/chart';
import { csvOf } from '$features/reports/csv';
import { daysBetween, isDay, plusDays, shortDay, spanOf, todayIn } from '$features/reports/days';
import { bandsOf, isEmpty } from '$features/reports/layout';
import { partsOf, pilesOf, sumOf } from '$features/reports/stack';
import { askOf, carriedState, daysOf, readState, writeState } from '$features/reports/state';
import { nextSorting, sorted, tableOfBars, tableOfSeries } from '$features/reports/table';
import { columnsFor, leadAndRest, shownTiles } from '$features/reports/tiles';
import { changeOf, duration, onAxis, written } from '$features/reports/values';

beforeEach(() => useWords('en-GB', {}, en));

const TODAY = '2026-11-22';
const stateOf = (text: string) => readState(new URLSearchParams(text), TODAY);
const line = (key: string, values: (number | null)[], extra: Partial<ReportSeries> = {}): ReportSeries => ({
  key,
  unit: 'count',
  points: values.map((value, index) => ({ day: plusDays('2026-11-01', index), value, n: value })),
  ...extra,
});
const tile = (key: string, value: number | null, extra: Partial<ReportTile> = {}): ReportTile => ({
  key,
  value,
  unit: 'count',
  n: value,
  previous: null,
  good: null,
  ...extra,
});
const AGENTS: ReportTable = {
  key: 'agents',
  columns: [
    { key: 'rated', unit: 'count' },
    { key: 'csat', unit: 'stars' },
  ],
  rows: [
    { key: 'a', label: 'Ana', values: { rated: 9, csat: 4.2 } },
    { key: 'b', label: '=Bo', values: { rated: 3, csat: 5 }, hidden: ['csat'] },
    { key: 'c', label: 'Cy', values: { rated: 30, csat: 4.8 } },
    { key: 'average', label: '', values: { rated: 14, csat: 4.6 } },
  ],
};

test('an address says everything that a report shows, and says it shortly', () => {
  const text =
    '?from=2026-10-01&to=2026-10-07&compare=0&hours=business&channel=chat&tag=refund&table=volume%2Cratings' +
    '&sort=agents%3A-rated&cell=created%3A2026-10-03';
  expect(writeState(stateOf(text))).toBe(text);
  expect(writeState(stateOf(''))).toBe('');
  expect(writeState(stateOf('range=90d'))).toBe('?range=90d');
  expect(askOf(stateOf(text))).toEqual({
    from: '2026-10-01',
    to: '2026-10-07',
    hours: 'business',
    channel: 'chat',
    tag: 'refund',
  });
  expect(askOf(stateOf(''))).toEqual({ from: '2026-10-24', to: TODAY, compare: '1' });
  expect(carriedState(stateOf(text))).toBe(
    '?from=2026-10-01&to=2026-10-07&compare=0&hours=business&channel=chat&tag=refund',
  );
});

test.each([
  ['from=2026-11-20&to=2026-11-01'],
  ['from=2026-02-30&to=2026-03-01'],
  ['from=2020-01-01&to=2026-01-01'],
  ['from=soon'],
  ['range=forever'],
])('an address that makes no sense (%s) is the last 30 days', (text) => {
  expect(stateOf(text)).toMatchObject({ range: '30d', from: '2026-10-24', to: TODAY });
});

test('ranges end today, and months are those of the calendar', () => {
  expect(daysOf('today', TODAY)).toEqual({ from: TODAY, to: TODAY });
  expect(daysOf('7d', TODAY)).toEqual({ from: '2026-11-16', to: TODAY });
  expect(daysOf('month', TODAY)).toEqual({ from: '2026-11-01', to: TODAY });
  expect(daysOf('lastMonth', '2026-03-31')).toEqual({ from: '2026-02-01', to: '2026-02-28' });
  expect(daysBetween('2026-03-28', '2026-03-30')).toBe(3);
  expect([isDay('2026-02-29'), isDay('2028-02-29'), isDay('x')]).toEqual([false, true, false]);
  expect(todayIn('Pacific/Auckland', new Date('2026-11-22T11:30:00Z'))).toBe('2026-11-23');
});

test('days are the shop’s: no zone of a reader moves them', () => {
  expect(shortDay('2026-11-09')).toBe('9 Nov');
  expect(spanOf('2026-10-23', '2026-11-21', TODAY)).toBe('23 Oct – 21 Nov');
  expect(spanOf('2025-12-23', '2026-01-21', TODAY)).toBe('23 Dec 2025 – 21 Jan 2026');
});

test('figures are written in their unit', () => {
  const told = [
    written(1204, 'count'),
    written(0.314, 'share'),
    written(0.045, 'share'),
    written(4.5, 'stars'),
    written(-12, 'score'),
    written(12_990, 'money', 'EUR'),
    written(null, 'count'),
  ];
  expect(told).toEqual(['1,204', '31%', '4.5%', '4.50', '−12', '€129.90', '–']);
  expect([45, 720, 8_040, 273_600, 7_200].map(duration)).toEqual(['45s', '12m', '2h 14m', '3d 4h', '2h']);
  expect([onAxis(4.25, 'stars', 0.25), onAxis(0, 'seconds', 60)]).toEqual(['4.25', '0']);
});

test('a change is good or bad by its meaning, not by its direction', () => {
  expect(changeOf(48, 57, 'count', 'down')).toEqual({ isUp: false, isGood: true, text: '9' });
  expect(changeOf(0.31, 0.33, 'share', 'up')).toEqual({ isUp: false, isGood: false, text: '2 pt' });
  expect(changeOf(10, 8, 'count', null)?.isGood).toBeNull();
  expect(changeOf(4.5, 4.501, 'stars', 'up')).toBeNull();
  expect(changeOf(5, null, 'count', 'up')).toBeNull();
});

test('days without a value part the line', () => {
  const runs = stretches(line('x', [4, 5, null, 3]).points);
  expect(runs.map((run) => run.map((each) => each.index))).toEqual([[0, 1], [3]]);
});

test('a scale holds every value in steps that can be counted with', () => {
  expect(scaleOf([4.2, 4.9], 'stars')).toMatchObject({ bottom: 4, top: 5 });
  expect(scaleOf([3, 41], 'count')).toMatchObject({ bottom: 0, top: 50, ticks: [0, 10, 20, 30, 40, 50] });
  expect(scaleOf([7_000], 'seconds')).toMatchObject({ bottom: 0, top: 7_200, step: 1_800 });
  expect(scaleOf([0.97], 'share').ticks.at(-1)).toBe(1);
  expect(scaleOf([-30, 40], 'score')).toMatchObject({ bottom: -40, top: 40 });
  expect(scaleOf([], 'count').top).toBeGreaterThan(0);
  for (const values of [[0], [1], [0.001], [999_999]])
    for (const unit of ['count', 'share', 'seconds', 'stars', 'ratio']) {
      const { bottom, top, ticks } = scaleOf(values, unit);
      expect(top).toBeGreaterThan(bottom);
      expect(ticks.length).toBeLessThan(12);
    }
});

test('pointer and keys find the same places', () => {
  expect([indexAt(-9, 100, 5), indexAt(51, 100, 5), indexAt(999, 100, 5)]).toEqual([0, 2, 4]);
  expect(indexByKey('ArrowRight', 4, 5)).toBe(4);
  expect(indexByKey('Home', 4, 5)).toBe(0);
  expect(indexByKey('a', 4, 5)).toBeNull();
  expect(marksOf(30, 600).at(0)).toBe(0);
  expect(marksOf(30, 600).at(-1)).toBe(29);
  expect([shadeOf(0, 9), shadeOf(1, 100), shadeOf(100, 100)]).toEqual([0, 1, 5]);
});

test('the sixth part of a pile and those behind it are one', () => {
  const series = Array.from({ length: 8 }, (_, n) => line(`c${n}`, [n + 1, 1]));
  const { shown, others } = partsOf(series);
  expect(shown.map((each) => each.key)).toEqual(['c7', 'c6', 'c5', 'c4', 'c3']);
  expect(sumOf(others, 'others').points.map((point) => point.value)).toEqual([6, 3]);
  expect(pilesOf([...shown, sumOf(others, 'others')])[0]).toMatchObject({ total: 36 });
});

test('a table sorts largest first, keeps what is hidden last and the average at the bottom', () => {
  const keys = (sorting: Parameters<typeof sorted>[1]) => sorted(AGENTS.rows, sorting).map((row) => row.key);
  expect(keys(undefined)).toEqual(['a', 'b', 'c', 'average']);
  expect(keys({ column: 'csat', isDown: true })).toEqual(['c', 'a', 'b', 'average']);
  expect(keys({ column: 'csat', isDown: false })).toEqual(['a', 'c', 'b', 'average']);
  const first = nextSorting(undefined, 'csat');
  expect(first).toEqual({ column: 'csat', isDown: true });
  expect(nextSorting(nextSorting(first, 'csat'), 'csat')).toBeUndefined();
});

test('CSV is the screen: its order, its gaps, and no formula', () => {
  expect(csvOf(AGENTS, 'agent', { column: 'rated', isDown: true })).toBe(
    "agent,rated,csat\r\nCy,30,4.8\r\nAna,9,4.2\r\n'=Bo,3,\r\nAverage of all agents,14,4.6\r\n",
  );
});

test('a line as a table has its days, its band and the period before', () => {
  const series = line('csat', [4.5], { unit: 'stars', previous: [{ day: '2026-10-01', value: 4.1 }] });
  Object.assign(series.points[0] ?? {}, { low: 4.2, high: 4.8, n: 12 });
  const table = tableOfSeries('csat', [series], true);
  expect(table.columns.map((column) => column.key)).toEqual([
    'csat',
    'band_low',
    'band_high',
    'n',
    'previous',
  ]);
  expect(table.rows[0]?.values).toMatchObject({ csat: 4.5, band_low: 4.2, n: 12, previous: 4.1 });
  expect(tableOfSeries('csat', [series], false).columns.map((column) => column.key)).not.toContain(
    'previous',
  );
});

test('rows that were counted from too few say nothing', () => {
  const bars = { key: 'x', unit: 'share', rows: [{ key: 'r', label: 'R', value: 0.5, hidden: true }] };
  expect(tableOfBars(bars, 'x').rows[0]?.hidden).toEqual(['value', 'share']);
});

test('charts stand beside one another without a hole', () => {
  const bars = (key: string) => ({ key, unit: 'count', rows: [] });
  const shapes = (series: ReportSeries[], keys: string[]) =>
    bandsOf({ series, bars: keys.map(bars), heat: [] }).map((band) => [
      band.shape,
      ...band.blocks.map((b) => b.key),
    ]);
  const volume = [line('created', [1], { group: 'volume' }), line('closed', [1], { group: 'volume' })];
  expect(shapes([...volume, line('a', []), line('b', [])], ['ages'])).toEqual([
    ['wide-narrow', 'volume', 'ages'],
    ['halves', 'a', 'b'],
  ]);
  expect(shapes([line('a', [])], [])).toEqual([['one', 'a']]);
  expect(shapes([], ['a', 'b', 'c'])).toEqual([['thirds', 'a', 'b', 'c']]);
});

test('tiles: a ninetieth percentile stands under its figure, and rows have few holes', () => {
  const shown = shownTiles([tile('first_response', 9), tile('first_response_p90', 30), tile('closed', 2)]);
  expect(shown.map((each) => [each.tile.key, each.p90?.value])).toEqual([
    ['first_response', 30],
    ['closed', undefined],
  ]);
  expect([10, 8, 12, 9, 3].map(columnsFor)).toEqual([5, 4, 4, 3, 3]);
  const many = (n: number) => shownTiles(Array.from({ length: n }, (_, index) => tile(`t${index}`, 1)));
  expect([5, 6, 7, 8, 15].map((n) => leadAndRest(many(n)).map((part) => part.length))).toEqual([
    [5, 0],
    [3, 3],
    [4, 3],
    [5, 3],
    [5, 10],
  ]);
});

test('a report is empty when nothing was counted, and not when something was nought', () => {
  const report = {
    tiles: [tile('created', 0)],
    series: [line('created', [0, 0])],
    bars: [],
    heat: [],
  } as unknown as Report;
  expect(isEmpty(report)).toBe(true);
  expect(isEmpty({ ...report, tiles: [tile('one_touch', 0, { n: 8 })] })).toBe(false);
});

test('the title over the tickets says whose they are', () => {
  const report = { name: 'agents', tables: [AGENTS], bars: [], heat: [] } as unknown as Report;
  expect(cellLabel('agents:a:created', report)).toBe('Tickets created · Ana');
  expect(cellLabel('created:2026-11-09', report)).toMatch(/^Tickets created · Mon,? 9 Nov$/);
  expect(cellLabel('closed', null)).toBe('Tickets closed');
});
