import { channelName, languageName, t, type IconName, type Word } from '@aftercare/ui';

/** The reports there are, in the order they are listed. */
export const REPORTS = [
  ['overview', 'layers'],
  ['csat', 'star'],
  ['nps', 'badge-check'],
  ['sla', 'timer'],
  ['channels', 'messages-square'],
  ['agents', 'users-round'],
  ['tags', 'tag'],
  ['intents', 'sparkles'],
  ['macros', 'zap'],
  ['automation', 'workflow'],
  ['orders', 'package'],
] as const satisfies readonly (readonly [string, IconName])[];

/** The row that stands for all the others. */
export const AVERAGE = 'average';

export type ReportName = (typeof REPORTS)[number][0];

export function isReport(name: string | undefined): name is ReportName {
  return REPORTS.some(([each]) => each === name);
}

export const reportLabel = (name: ReportName | 'live'): string => t(`report.${name}`);

/** The report that is on screen: in it a key may mean something of its own (`sent` surveys, not messages). */
let onScreen = '';
export function nameFiguresOf(report: string): void {
  onScreen = report;
}

const wordOf = (of: string, key: string): string =>
  t(`${of}.${onScreen}.${key}` as Word) || t(`${of}.${key}` as Word);

/** What the server calls by a key has a name here; a key without one is said as it is. */
export function figureLabel(key: string, label?: string | null): string {
  return label || wordOf('figure', key) || capital(key.replaceAll('_', ' '));
}

/** What a figure counts, in one sentence; empty where the name says it. */
export function figureMeaning(key: string): string {
  return wordOf('meaning', key);
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** The name of a row: kinds of channel, languages and what stands for no name are said in words. */
export function rowLabel(of: string, key: string, label?: string | null): string {
  if (key === '' || key === 'None') return t('reports.noneRow');
  if (key === AVERAGE) return t('reports.averageRow');
  if (/channel/.test(of)) return channelName(key);
  if (/language/.test(of)) return languageName(key);
  if (/intent/.test(of)) return label && label !== key ? label : capital(key.replaceAll('_', ' '));
  return label && label !== key ? label : figureLabel(key);
}

/** What stands behind a figure: “1,204 first replies”. */
export function countedFrom(key: string, n: number): string {
  const own = t(`count.${onScreen}.${key}` as Word, { n }) || t(`count.${key}` as Word, { n });
  return own || t('reports.from', { n });
}
