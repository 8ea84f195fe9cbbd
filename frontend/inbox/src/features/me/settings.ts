import { KINDS, type Kind } from '$features/notifications/sentence';

export const CHANNELS = ['in_app', 'desktop', 'sound', 'email'] as const;
export type NoticeChannel = (typeof CHANNELS)[number];
export type Row = Record<NoticeChannel, boolean>;
export type Matrix = Record<Kind, Row>;

/** What the server does for people who have chosen nothing (helpdesk.accounts.preferences). */
const DEFAULTS: Record<Kind, readonly NoticeChannel[]> = {
  assigned: ['in_app', 'desktop', 'sound', 'email'],
  team_assigned: ['in_app'],
  mentioned: ['in_app', 'desktop', 'sound', 'email'],
  customer_replied: ['in_app', 'desktop', 'sound'],
  followed_replied: ['in_app'],
  followed_closed: ['in_app'],
  new_unassigned: [],
  low_csat: ['in_app'],
  delivery_problem: ['in_app', 'desktop', 'sound', 'email'],
  channel_problem: ['in_app', 'desktop', 'email'],
  store_problem: ['in_app', 'desktop', 'email'],
  rule_notice: ['in_app', 'desktop', 'sound'],
  rule_problem: ['in_app', 'desktop', 'email'],
  sla_warning: ['in_app', 'desktop', 'sound'],
  sla_breach: ['in_app', 'desktop', 'sound', 'email'],
  order_approval: ['in_app', 'desktop', 'sound', 'email'],
  order_decided: ['in_app', 'desktop', 'sound'],
  order_done: ['in_app'],
  order_problem: ['in_app', 'desktop', 'sound', 'email'],
};

type Settings = Readonly<Record<string, unknown>> | undefined;

/** Every kind with every channel, as it is for this person. */
export function matrixOf(settings: Settings): Matrix {
  const chosen = (settings?.notifications ?? {}) as Partial<Record<Kind, Partial<Row>>>;
  const rowOf = (kind: Kind): Row => {
    const own = chosen[kind];
    return Object.fromEntries(
      CHANNELS.map((channel) => [channel, own ? own[channel] === true : DEFAULTS[kind].includes(channel)]),
    ) as Row;
  };
  return Object.fromEntries(KINDS.map((kind) => [kind, rowOf(kind)])) as Matrix;
}

/** What to save when one cell is flipped: the chosen rows, with this one whole. */
export function flipped(settings: Settings, kind: Kind, channel: NoticeChannel): Partial<Matrix> {
  const row = matrixOf(settings)[kind];
  const chosen = (settings?.notifications ?? {}) as Partial<Matrix>;
  return { ...chosen, [kind]: { ...row, [channel]: !row[channel] } };
}

export interface QuietHours {
  is_on: boolean;
  from: string;
  to: string;
  days: number[];
}

export function quietHoursOf(settings: Settings): QuietHours {
  const kept = (settings?.quiet_hours ?? {}) as Partial<QuietHours>;
  return { is_on: false, from: '20:00', to: '08:00', days: [0, 1, 2, 3, 4, 5, 6], ...kept };
}

/** “Firefox on Linux” from what the browser calls itself; null where that says nothing. */
export function deviceOf(userAgent: string): {
  browser: string | null;
  system: string | null;
  isPhone: boolean;
} {
  const BROWSERS: [RegExp, string][] = [
    [/Edg\//, 'Edge'],
    [/OPR\//, 'Opera'],
    [/Firefox\//, 'Firefox'],
    [/Chrome\//, 'Chrome'],
    [/Safari\//, 'Safari'],
  ];
  const SYSTEMS: [RegExp, string][] = [
    [/iPhone/, 'iPhone'],
    [/iPad/, 'iPad'],
    [/Android/, 'Android'],
    [/Windows/, 'Windows'],
    [/Mac OS X/, 'macOS'],
    [/CrOS/, 'ChromeOS'],
    [/Linux/, 'Linux'],
  ];
  const find = (among: [RegExp, string][]) => among.find(([pattern]) => pattern.test(userAgent))?.[1] ?? null;
  return { browser: find(BROWSERS), system: find(SYSTEMS), isPhone: /Mobile|iPhone|Android/.test(userAgent) };
}
