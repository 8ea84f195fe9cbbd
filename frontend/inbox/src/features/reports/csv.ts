import type { ReportTable } from '@aftercare/api/reports.ts';
import { isDay } from './days';
import { rowLabel } from './names';
import type { Sorting } from './state';
import { sorted } from './table';

type Cell = string | number | null | undefined;

/** A cell that no spreadsheet takes for a formula. */
export function cellOf(value: Cell): string {
  const text = value === null || value === undefined ? '' : String(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvOfRows(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => row.map(cellOf).join(',')).join('\r\n') + '\r\n';
}

/** A table as it stands on the screen: its columns, its order, and nothing that is hidden there. */
export function csvOf(table: ReportTable, first: string, sorting?: Sorting): string {
  return csvOfRows([
    [first, ...table.columns.map((column) => column.key)],
    ...sorted(table.rows, sorting).map((row) => [
      isDay(row.key) ? row.key : rowLabel(table.key, row.key, row.label),
      ...table.columns.map((column) => (row.hidden?.includes(column.key) ? null : row.values[column.key])),
    ]),
  ]);
}

/** Hands a file to the browser, as if it had been downloaded. */
export function save(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob(['\ufeff', text], { type: 'text/csv;charset=utf-8' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
