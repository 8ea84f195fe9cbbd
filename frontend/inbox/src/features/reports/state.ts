import { daysBetween, isDay, plusDays } from './days';

// What a report shows is in its address and nowhere else: it can be sent, kept and gone back to.

export const RANGES = ['today', '7d', '30d', '90d', 'month', 'lastMonth', '365d'] as const;
export type Range = (typeof RANGES)[number];
export const FILTERS = ['channel', 'team', 'agent', 'tag', 'store'] as const;
export type Filter = (typeof FILTERS)[number];
export const MOST_DAYS = 366;

export interface Sorting {
  column: string;
  isDown: boolean;
}
export interface ReportState {
  range: Range | null;
  from: string;
  to: string;
  isCompared: boolean;
  isBusinessHours: boolean;
  filters: Partial<Record<Filter, string>>;
  /** Figures that are shown as tables. */
  tables: string[];
  /** By table, how it is sorted. */
  sorting: Record<string, Sorting>;
  /** The cell whose tickets are open. */
  cell: string | null;
  /** What comes by mail is open: the id of a schedule that a mail led to, or “all”. */
  mails: string | null;
}

export function isRange(text: string | null): text is Range {
  return (RANGES as readonly (string | null)[]).includes(text);
}

/** The first and the last day of a range that ends today, or with the month. */
export function daysOf(range: Range, today: string): { from: string; to: string } {
  if (range === 'today') return { from: today, to: today };
  const month = `${today.slice(0, 7)}-01`;
  if (range === 'month') return { from: month, to: today };
  if (range === 'lastMonth') {
    const to = plusDays(month, -1);
    return { from: `${to.slice(0, 7)}-01`, to };
  }
  return { from: plusDays(today, 1 - Number.parseInt(range, 10)), to: today };
}

/** Reads an address; what makes no sense there is left out. */
export function readState(params: URLSearchParams, today: string): ReportState {
  const from = params.get('from');
  const to = params.get('to');
  const isOwn = isDay(from) && isDay(to) && from <= to && daysBetween(from, to) <= MOST_DAYS;
  const asked = params.get('range');
  const range = isOwn ? null : isRange(asked) ? asked : '30d';
  const filters: ReportState['filters'] = {};
  for (const name of FILTERS) {
    const value = params.get(name);
    if (value) filters[name] = value;
  }
  return {
    range,
    ...(range ? daysOf(range, today) : { from: from ?? today, to: to ?? today }),
    isCompared: params.get('compare') !== '0',
    isBusinessHours: params.get('hours') === 'business',
    filters,
    tables: (params.get('table') ?? '').split(',').filter(Boolean),
    sorting: readSorting(params.getAll('sort')),
    cell: params.get('cell'),
    mails: params.get('mails'),
  };
}

function readSorting(parts: readonly string[]): ReportState['sorting'] {
  const sorting: ReportState['sorting'] = {};
  for (const part of parts) {
    const [table, column] = part.split(':');
    if (table && column)
      sorting[table] = { column: column.replace(/^-/, ''), isDown: column.startsWith('-') };
  }
  return sorting;
}

/** The address of a state; what is as usual is not in it. */
export function writeState(state: ReportState): string {
  const params = new URLSearchParams();
  if (!state.range) {
    params.set('from', state.from);
    params.set('to', state.to);
  } else if (state.range !== '30d') params.set('range', state.range);
  if (!state.isCompared) params.set('compare', '0');
  if (state.isBusinessHours) params.set('hours', 'business');
  for (const name of FILTERS) if (state.filters[name]) params.set(name, state.filters[name]);
  if (state.tables.length) params.set('table', state.tables.join(','));
  for (const [table, { column, isDown }] of Object.entries(state.sorting))
    params.append('sort', `${table}:${isDown ? '-' : ''}${column}`);
  if (state.cell) params.set('cell', state.cell);
  if (state.mails) params.set('mails', state.mails);
  const text = params.toString();
  return text ? `?${text}` : '';
}

/** What of it goes from one report to the next: the time and who, not how it is looked at. */
export function carriedState(state: ReportState): string {
  return writeState({ ...state, tables: [], sorting: {}, cell: null, mails: null });
}

/** What the server is asked: the days, the comparison and the filters. */
export function askOf(state: ReportState): Record<string, string> {
  return {
    from: state.from,
    to: state.to,
    ...(state.isCompared ? { compare: '1' } : {}),
    ...(state.isBusinessHours ? { hours: 'business' } : {}),
    ...state.filters,
  };
}
