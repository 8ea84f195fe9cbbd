import type { Condition, Ticket } from '@aftercare/api';

/** Who asks, and when: conditions may speak of “me” and of now. */
export interface Asker {
  userId: string;
  teamIds: readonly string[];
}

/** The ticket's value for a field of the server's catalogue; undefined when we don't know the field. */
function valueOf(ticket: Ticket, field: string): unknown {
  switch (field) {
    case 'assignee':
    case 'assignee_id':
      return ticket.assignee_id;
    case 'team':
    case 'team_id':
      return ticket.team_id;
    case 'tag':
    case 'tags':
      return ticket.tags;
    case 'channel':
    case 'channel_id':
      return ticket.channel_id;
    case 'unread':
    case 'is_unread':
      return ticket.is_unread;
    default:
      return field in ticket ? ticket[field as keyof Ticket] : undefined;
  }
}

function isWanted(actual: unknown, wanted: unknown, asker: Asker): boolean {
  if (wanted === 'me') return actual === asker.userId;
  if (wanted === 'my_teams') return typeof actual === 'string' && asker.teamIds.includes(actual);
  if (wanted === 'none' || wanted === null) return actual === null || actual === '';
  if (Array.isArray(actual)) return actual.includes(wanted);
  return actual === wanted;
}

function isEmpty(actual: unknown): boolean {
  return actual === null || actual === '' || actual === false || (Array.isArray(actual) && actual.length === 0);
}

function leaf(ticket: Ticket, condition: { field: string; operator: string; value?: unknown }, asker: Asker): boolean | null {
  const actual = valueOf(ticket, condition.field);
  if (actual === undefined) return null;
  const wanted = Array.isArray(condition.value) ? condition.value : [condition.value];
  const isAny = wanted.some((each) => isWanted(actual, each, asker));
  switch (condition.operator) {
    case 'is':
    case 'equals':
    case 'is_any_of':
    case 'in':
    case 'contains':
    case 'contains_any_of':
    case 'has':
    case 'has_any_of':
    case 'includes':
      return isAny;
    case 'is_not':
    case 'not_equals':
    case 'is_none_of':
    case 'not_in':
    case 'contains_none_of':
    case 'has_none_of':
    case 'not_contains':
      return !isAny;
    case 'is_empty':
    case 'is_not_set':
      return isEmpty(actual);
    case 'is_not_empty':
    case 'is_set':
      return !isEmpty(actual);
    default:
      return null;
  }
}

/** Whether a ticket belongs in a view; null when only the server can tell. */
export function matches(ticket: Ticket, condition: unknown, asker: Asker): boolean | null {
  if (condition === null || typeof condition !== 'object' || Object.keys(condition).length === 0) return true;
  const tree = condition as Condition;
  if ('all' in tree) return everyOne(tree.all.map((child) => matches(ticket, child, asker)));
  if ('any' in tree) return someOne(tree.any.map((child) => matches(ticket, child, asker)));
  if ('not' in tree) {
    const inner = matches(ticket, tree.not, asker);
    return inner === null ? null : !inner;
  }
  return 'field' in tree ? leaf(ticket, tree, asker) : null;
}

function everyOne(answers: readonly (boolean | null)[]): boolean | null {
  if (answers.includes(false)) return false;
  return answers.includes(null) ? null : true;
}

function someOne(answers: readonly (boolean | null)[]): boolean | null {
  if (answers.includes(true)) return true;
  return answers.includes(null) ? null : false;
}
