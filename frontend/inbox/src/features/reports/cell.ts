import type { Report } from '@aftercare/api/reports.ts';
import { t } from '@aftercare/ui';
import { isDay, weekdayAndDay, weekdayName } from './days';
import { figureLabel, rowLabel } from './names';

/** What a cell is called, for the title over its tickets: “Closed · Ana Weber”, “Created · Mon 9 Nov”. */
export function cellLabel(cell: string, report: Report | null): string {
  const [key = '', row = '', column = ''] = cell.split(':');
  const table = report?.tables.find((each) => each.key === key);
  const heat = report?.heat.find((each) => each.key === key);
  if (heat && row && column)
    return `${figureLabel(key)} · ${weekdayName(Number(row))} ${column.padStart(2, '0')}:00`;
  const rows = table?.rows ?? report?.bars.find((each) => each.key === key)?.rows ?? [];
  const label = rows.find((each) => each.key === row)?.label;
  const place = isDay(row) ? weekdayAndDay(row) : row ? rowLabel(`${report?.name} ${key}`, row, label) : '';
  return (
    [figureLabel(table && column ? column : key), place].filter(Boolean).join(' · ') ||
    t('reports.showTickets')
  );
}
