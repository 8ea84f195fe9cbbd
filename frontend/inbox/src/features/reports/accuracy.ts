import type { IntentAccuracy, ReportSeries } from '@aftercare/api/reports.ts';
import { weekdayOf } from './days';

/** Up to this many days each is a point of its own; beyond, weeks from Monday are. */
export const MOST_SINGLE_DAYS = 14;

type Day = IntentAccuracy['days'][number];

/** How many messages were recognized when they came, and the share nobody had to correct, over time. */
export function keptOverTime(days: readonly Day[]): ReportSeries {
  const steps = new Map<string, { claimed: number; wrong: number }>();
  let first = days[0]?.day ?? '';
  for (const each of days) {
    if (days.length <= MOST_SINGLE_DAYS || weekdayOf(each.day) === 0) first = each.day;
    const step = steps.get(first) ?? { claimed: 0, wrong: 0 };
    steps.set(first, { claimed: step.claimed + each.claimed, wrong: step.wrong + each.wrong });
  }
  return {
    key: 'intent_kept',
    unit: 'share',
    points: [...steps].map(([day, { claimed, wrong }]) => ({
      day,
      value: claimed ? (claimed - wrong) / claimed : null,
      n: claimed,
    })),
  };
}
