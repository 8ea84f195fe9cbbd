import type { CsatReport } from '@aftercare/api';
import type { Report, ReportTile } from '@aftercare/api/reports.ts';

/** The CSAT report of `GET /reports/csat`, in the form that every report has. */
export function csatInFrame(
  old: CsatReport,
  from: string,
  to: string,
  zone: string,
  isCompared: boolean,
): Report {
  const { tiles: now, previous: before } = old;
  const ratings = now.answered;
  const tile = (
    key: string,
    value: number | null,
    previous: number | null,
    unit: string,
    n: number | null,
    good: ReportTile['good'],
  ): ReportTile => ({ key, value, unit, n, previous: isCompared ? previous : null, good });
  return {
    name: 'csat',
    from,
    to,
    previous_from: null,
    previous_to: null,
    zone,
    updated_at: new Date().toISOString(),
    can_see_all: true,
    tiles: [
      tile('average', now.average, before.average, 'stars', ratings, 'up'),
      tile('response_rate', now.response_rate, before.response_rate, 'share', now.sent, 'up'),
      tile('low', now.low, before.low, 'count', ratings, 'down'),
      tile('sent', now.sent, before.sent, 'count', now.sent, null),
    ],
    series: [
      {
        key: 'average',
        unit: 'stars',
        points: old.days.map((day) => ({
          day: day.date,
          value: day.average,
          n: day.n,
          low: day.low,
          high: day.high,
        })),
        previous: [],
      },
    ],
    bars: [
      {
        key: 'scores',
        unit: 'count',
        rows: [5, 4, 3, 2, 1].map((score) => {
          const n = old.distribution[String(score)] ?? 0;
          return { key: String(score), label: '', value: n, n, share: ratings ? n / ratings : 0 };
        }),
      },
    ],
    heat: [],
    tables: [
      {
        key: 'agents',
        columns: [
          { key: 'rated', unit: 'count' },
          { key: 'average', unit: 'stars' },
          { key: 'low', unit: 'count' },
        ],
        rows: old.agents.map((agent) => ({
          key: agent.user_id,
          label: agent.name,
          values: { rated: agent.rated, average: agent.average, low: agent.low },
          hidden: agent.average === null ? ['average'] : [],
        })),
      },
    ],
    comments: old.comments,
  };
}
