import type { TimelineEvent } from '@aftercare/api';
import { dateAndTime, t, type IconName } from '@aftercare/ui';
import type { App } from '$lib/app.svelte';

export interface EventLine {
  icon: IconName;
  text: string;
  /** The part of the text to set in bold. */
  name: string;
  runId: string | null;
}

type Change = Record<string, [unknown, unknown]>;

function changeOf(event: TimelineEvent): Change {
  return (event.data['change'] ?? event.data) as Change;
}

function pair(change: Change, field: string): [unknown, unknown] {
  const value = change[field];
  return Array.isArray(value) && value.length === 2 ? value : [null, null];
}

function nameOf(app: App, event: TimelineEvent): string {
  if (event.actor.type === 'user' || event.actor.type === 'agent') {
    return event.actor.id === app.me?.id ? t('event.you') : event.actor.name;
  }
  if (event.actor.type === 'rule') return t('event.rule', { name: event.actor.name });
  return event.actor.name || t('event.system');
}

function assigned(app: App, event: TimelineEvent, who: string): string {
  const [, to] = pair(changeOf(event), 'assignee_id');
  if (typeof to === 'string') {
    const isSelf = to === event.actor.id;
    const name = to === app.me?.id ? t('event.toYou') : (app.records.users.get(to)?.name ?? '');
    return isSelf ? t('event.took', { who }) : t('event.assigned', { who, name });
  }
  const [, team] = pair(changeOf(event), 'team_id');
  if (typeof team === 'string')
    return t('event.assigned', { who, name: app.records.teams.get(team)?.name ?? '' });
  return t('event.unassigned', { who });
}

function tagged(event: TimelineEvent, who: string): string {
  const [before, after] = pair(changeOf(event), 'tags') as [string[] | null, string[] | null];
  const added = (after ?? []).filter((tag) => !(before ?? []).includes(tag));
  const removed = (before ?? []).filter((tag) => !(after ?? []).includes(tag));
  if (added.length) return t('event.tagged', { who, tags: added.join(', ') });
  return t('event.untagged', { who, tags: removed.join(', ') });
}

function status(event: TimelineEvent, who: string): string {
  const [, after] = pair(changeOf(event), 'status');
  const known = ['open', 'closed', 'spam', 'trash', 'snoozed'] as const;
  const found = known.find((each) => each === after) ?? 'open';
  return t(`event.status.${found}`, { who });
}

function ruleRan(event: TimelineEvent): EventLine {
  const data = event.data as {
    rule_name?: string;
    run_id?: string;
    actions?: (string | { description: string })[];
  };
  const actions = (data.actions ?? []).map((action) =>
    typeof action === 'string' ? action : action.description,
  );
  const name = data.rule_name ?? event.actor.name;
  const text = actions.length
    ? t('event.ruleDid', { name, actions: actions.join(', ') })
    : t('event.ruleRan', { name });
  return { icon: 'zap', text, name, runId: data.run_id ?? null };
}

/** What happened between this ticket and another; who reads the tombstone is told so. */
function betweenTickets(app: App, event: TimelineEvent, who: string): string {
  const other = event.data['other_ticket'] as { id: string; number: number } | undefined;
  const values = { who, number: `#${other?.number ?? ''}` };
  const ticket = app.records.tickets.get(event.ticket_id);
  const isHere = (kind: string) => ticket?.links.some((link) => link.kind === kind && link.id === other?.id);
  if (event.type === 'ticket.merged')
    return isHere('merged_into') ? t('event.mergedAway', values) : t('event.merged', values);
  if (event.type === 'ticket.split')
    return isHere('split_from') ? t('event.splitFrom', values) : t('event.split', values);
  if (event.type === 'ticket.unmerged') return t('event.unmerged', values);
  return event.type === 'ticket.linked' ? t('event.linked', values) : t('event.unlinked', values);
}

/** One line for a system event, or null for what needs no line. */
export function describeEvent(app: App, event: TimelineEvent): EventLine | null {
  const who = nameOf(app, event);
  const line = (icon: IconName, text: string): EventLine => ({ icon, text, name: who, runId: null });
  switch (event.type) {
    case 'ticket.assigned':
      return line('user-round', assigned(app, event, who));
    case 'ticket.tagged':
      return line('tag', tagged(event, who));
    case 'ticket.status_changed':
      return line('check', status(event, who));
    case 'ticket.priority_changed': {
      const [, after] = pair(changeOf(event), 'priority');
      const found = (['urgent', 'high', 'normal', 'low'] as const).find((each) => each === after) ?? 'normal';
      return line('signal-high', t('event.priority', { who, priority: t(`priority.${found}`) }));
    }
    case 'ticket.snoozed': {
      const [, until] = pair(changeOf(event), 'snoozed_until');
      return typeof until === 'string'
        ? line('alarm-clock-check', t('event.snoozed', { who, until: dateAndTime(until) }))
        : line('alarm-clock', t('event.woke', { who }));
    }
    case 'ticket.merged':
    case 'ticket.unmerged':
    case 'ticket.split':
    case 'ticket.linked':
    case 'ticket.unlinked':
      return line('layers', betweenTickets(app, event, who));
    case 'rule.ran':
      return ruleRan(event);
    case 'csat.sent':
      return line('star', t('event.csatSent'));
    case 'csat.answered': {
      const survey = event.data['survey'] as
        { kind?: string; score: number | null; comment: string | null } | undefined;
      const score = survey?.score ?? 0;
      if (survey?.kind === 'nps') {
        const { comment } = survey;
        return line(
          'star',
          comment ? t('surveys.npsComment', { score, comment }) : t('surveys.nps', { score }),
        );
      }
      const text = survey?.comment
        ? t('event.csatComment', { score, comment: survey.comment })
        : t('event.csatScore', { score });
      return line('star', text);
    }
    default:
      return null;
  }
}
