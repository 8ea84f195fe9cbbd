import type { CsatReport } from '@aftercare/api';

/** A cell that no spreadsheet takes for a formula. */
function cell(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The report as it stands on the screen: days, then comments. */
export function csvOf(report: CsatReport): string {
  const rows: (string | number | null)[][] = [
    ['date', 'average', 'ratings', 'low_95', 'high_95'],
    ...report.days.map((day) => [day.date, day.average, day.n, day.low, day.high]),
    [],
    ['score', 'customer', 'comment', 'ticket', 'at'],
    ...report.comments.map((each) => [each.score, each.customer_name, each.comment, each.number, each.at]),
  ];
  return rows.map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}
