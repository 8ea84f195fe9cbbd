import { request, type Query } from './http';
import type { ConditionField, Id, Instant, Page, Rule, RuleRun, TraceLine } from './records';

// Everything about making and trying rules: loaded with the screen that does it.

export type RuleMode = 'off' | 'shadow' | 'on';
export type Params = Record<string, unknown>;
export interface RuleAction {
  type: string;
  params: Params;
}
export interface Wait {
  after: string;
  since: 'our_message' | 'customer_message';
}
export interface Schedule {
  days: string[];
  at: string;
}
/** What a rule says, whole: drafts, versions and tests hold it. */
export interface Definition {
  name: string;
  description: string;
  triggers: string[];
  wait: Wait | null;
  schedule: Schedule | null;
  conditions: unknown;
  actions: RuleAction[];
  else_actions: RuleAction[];
  stop_after: boolean;
  runs_on_automatic: boolean;
  once_per_ticket_hours: number;
  limits: { per_customer_day?: number; per_minute?: number };
}
export interface Safety {
  messages: boolean;
  money: boolean;
  outside: boolean;
}
export interface RuleDraft {
  definition: Definition;
  summary: string;
  based_on: number;
  revision: number;
  by: string;
  by_id: Id | null;
  at: Instant;
}
/** A rule with its draft and how it fared lately. */
export type RuleRecord = Rule &
  Omit<Definition, 'conditions' | 'actions'> & {
    key: string | null;
    mode: RuleMode;
    /** 0: never published. */
    live_version: number;
    draft: RuleDraft | null;
    draft_revision: number;
    safety: Safety;
    /** It may not be published before it was tried. */
    needs_test: boolean;
    paused_at: Instant | null;
    paused_reason: string;
    updated_at: Instant;
    stats: {
      runs_7d: number;
      matched_7d: number;
      runs_30d: number;
      matched_30d: number;
      failed_24h: number;
      per_day: number[];
    };
  };
export interface ActionParam {
  name: string;
  type: 'text' | 'longtext' | 'email' | 'choice' | 'team' | 'macro';
  label: string;
  choices?: { value: string; label: string }[];
}
export interface RuleWords {
  triggers: { type: string; label: string }[];
  fields: ConditionField[];
  actions: {
    type: string;
    label: string;
    is_for_macros: boolean;
    /** What it asks for, where nothing more than a plain form is needed. */
    params?: ActionParam[];
  }[];
}
export interface RuleVersion {
  number: number;
  definition: Definition;
  summary: string;
  author_name: string;
  note: string;
  at: Instant;
  restored_from: number | null;
  is_live: boolean;
  diff_to_previous: { kind: 'added' | 'removed' | 'changed'; part: string; text: string }[];
}
export interface RuleTemplate {
  key: string;
  name: string;
  what: string;
  trigger: string;
  summary: string;
  safety: Safety;
  needs: { kind: string; text: string; is_met: boolean }[];
  /** The shop has this rule already: the template would be its next draft. */
  installed: { rule_id: Id; name: string } | null;
}
/** What a rule would do on one ticket. */
export interface Trial {
  ticket_id: Id;
  ticket_number: number;
  ticket_subject: string;
  is_match: boolean;
  trace: TraceLine[];
  actions: TriedAction[];
}
export type TriedAction = RuleRun['actions'][number] & {
  /** The words it would send; null where they were not written for so old a moment. */
  reply?: {
    text: string;
    language: string;
    missing: { path: string; reason: string }[];
    error: string;
  } | null;
};
/** One moment of a dry run: the ticket as it stood then. */
export type DryRunRow = Trial & {
  message_id: Id | null;
  at: Instant;
  branch: 'then' | 'else' | null;
  /** What the live version says of the same moment; null without one. */
  live_is_match: boolean | null;
  reason: string;
};
export type DryRunOver =
  | { last: number }
  | { days: number }
  | { ticket_id: Id }
  | { message: { text: string; subject?: string; order_id?: Id } };
export interface DryRun {
  id: Id;
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  reason: string;
  total: number;
  seen: number;
  matched: number;
  live_matched: number | null;
  /** Numbers of tickets where the definition matches and the live version does not, and back. */
  plus: number[];
  minus: number[];
  tags: { both: number; only_match: number; only_tag: number } | null;
  is_as_now: boolean;
  rows: DryRunRow[];
}
export type RuleRunRecord = RuleRun & {
  ticket_number: number;
  outcome: 'acted' | 'partly' | 'stopped' | 'error' | 'shadow' | 'undone';
  branch: 'then' | 'else';
  reason: string;
  duration_ms: number | null;
  can_undo: boolean;
  undone_at: Instant | null;
  undone_by: string | null;
};
export interface Finding {
  code: 'same_field' | 'unreachable' | 'loop' | 'deleted_reference';
  rule_ids: Id[];
  field: string;
  detail: string;
}

/** What became, or would become, of one part of an imported text. */
export interface ImportChange {
  kind: 'tag' | 'macro' | 'rule' | 'calendar' | 'sla_policy' | 'surveys';
  name: string;
  change: 'new' | 'changed' | 'same';
  /** Unified, without its head; empty where nothing changes. */
  diff: string;
  id: Id | null;
}

/** A text with what a pattern found in it: the pieces together are the text. */
export interface PatternTrial {
  is_match: boolean;
  pieces: { text: string; is_match: boolean }[];
}

const ROOT = '/api/v1/rules';
const EXCHANGE = '/api/v1/automation';
const LONG_SECONDS = 60;
const ask = async <T>(method: string, path: string, body?: unknown, query?: Query): Promise<T> =>
  (await request<T>(method, ROOT + path, { body, query })).data;

/** Every call about rules. Each raises ApiProblem. */
export const rulesApi = {
  all: () => ask<Page<RuleRecord>>('GET', '', undefined, { limit: 200 }),
  rule: (id: Id) => ask<RuleRecord>('GET', `/${id}`),
  words: () => ask<RuleWords>('GET', '/vocabulary'),
  create: (definition: Partial<Definition>) => ask<RuleRecord>('POST', '', { definition }),
  remove: (id: Id) => ask<null>('DELETE', `/${id}`),
  setMode: (id: Id, mode: RuleMode) => ask<RuleRecord>('PATCH', `/${id}`, { mode }),
  order: (ids: readonly Id[]) => ask<Page<RuleRecord>>('POST', '/order', { ids }),
  /** Refused with `draft_changed` when somebody saved since that revision. */
  saveDraft: (id: Id, definition: Definition, revision: number) =>
    ask<RuleRecord>('PUT', `/${id}/draft`, { definition, based_on: revision }),
  discardDraft: (id: Id) => ask<RuleRecord>('DELETE', `/${id}/draft`),
  publish: (id: Id, body: { note: string; mode?: RuleMode; based_on: number }) =>
    ask<RuleRecord>('POST', `/${id}/publish`, body),
  versions: (id: Id) => ask<Page<RuleVersion>>('GET', `/${id}/versions`),
  restore: (id: Id, number: number) => ask<RuleRecord>('POST', `/${id}/versions/${number}/restore`, {}),
  templates: () => ask<Page<RuleTemplate>>('GET', '/templates'),
  install: (key: string) => ask<RuleRecord>('POST', `/templates/${key}/install`, {}),
  lint: () => ask<Page<Finding>>('GET', '/lint'),
  /** Begins; look with `dryRun` until it ended. Nothing is sent or changed. */
  beginDryRun: (definition: Definition, over: DryRunOver, ruleId: Id) =>
    ask<DryRun>('POST', '/dry-runs', { definition, over, rule_id: ruleId }),
  dryRun: (id: Id) => ask<DryRun>('GET', `/dry-runs/${id}`),
  stopDryRun: (id: Id) => ask<DryRun>('DELETE', `/dry-runs/${id}`),
  runs: (id: Id, isFailed: boolean, after?: string | null) =>
    ask<Page<RuleRunRecord>>('GET', `/${id}/runs`, undefined, {
      after,
      limit: 50,
      failed: isFailed ? 1 : undefined,
    }),
  tryPattern: (pattern: string, text: string) => ask<PatternTrial>('POST', '/pattern', { pattern, text }),
  /** What waits on a ticket is taken back; 404 where it waits no more. */
  cancelTimer: async (ticketId: Id, timerId: Id) =>
    (await request<null>('DELETE', `/api/v1/tickets/${ticketId}/timers/${timerId}`)).data,
  run: async (runId: Id) => (await request<RuleRunRecord>('GET', `/api/v1/rule-runs/${runId}`)).data,
  undo: async (runId: Id) =>
    (await request<RuleRunRecord>('POST', `/api/v1/rule-runs/${runId}/undo`, { body: {} })).data,
  /** Rules, macros and tags as text, names for ids. */
  exportText: async () => (await request<{ text: string }>('GET', `${EXCHANGE}/export`)).data,
  /** Takes a text in, or only says what would change. */
  importText: async (text: string, isRehearsal: boolean) =>
    (
      await request<{ changes: ImportChange[] }>('POST', `${EXCHANGE}/import`, {
        body: { text, is_rehearsal: isRehearsal },
        timeoutSeconds: LONG_SECONDS,
      })
    ).data,
};
