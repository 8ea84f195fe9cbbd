import type { Condition, Ticket } from '@aftercare/api';

/** Who asks, and when: conditions may speak of “me” and of now. */
export interface Asker {
  userId: string;
}

/** The ticket's value for a field of the server's catalogue; undefined when only the server knows it. */
function valueOf(ticket: Ticket, field: string): unknown {
  const name = field.replace(/^ticket\./, '');
  if (name === 'assignee' || name === 'team' || name === 'channel' || name === 'customer')
    return ticket[`${name}_id`];
  if (name === 'followers') return ticket.follower_ids;
  if (name === 'mentions') return ticket.mentioned_ids;
  return name in ticket ? ticket[name as keyof Ticket] : undefined;
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function isEmpty(actual: unknown): boolean {
  return actual === null || actual === '' || (Array.isArray(actual) && actual.length === 0);
}

/** Compares as tickets.fields does; null for operators that need the server (words, times). */
function compare(actual: unknown, operator: string, value: unknown, asker: Asker): boolean | null {
  const wanted = asList(value).map((each) => (each === 'me' ? asker.userId : each));
  const has = (each: unknown) => (Array.isArray(actual) ? actual.includes(each) : actual === each);
  switch (operator) {
    case 'is':
    case 'is_any_of':
    case 'contains_any_of':
      return wanted.some(has);
    case 'is_not':
    case 'is_none_of':
    case 'contains_none_of':
      return !wanted.some(has);
    case 'contains_all_of':
      return wanted.every(has);
    case 'less_than':
      return typeof actual === 'number' && typeof value === 'number' ? actual < value : false;
    case 'more_than':
      return typeof actual === 'number' && typeof value === 'number' ? actual > value : false;
    case 'is_empty':
      return isEmpty(actual);
    case 'is_present':
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
  if ('none' in tree) {
    const some = someOne((tree.none as Condition[]).map((child) => matches(ticket, child, asker)));
    return some === null ? null : !some;
  }
  if ('not' in tree) {
    const inner = matches(ticket, tree.not, asker);
    return inner === null ? null : !inner;
  }
  if (!('field' in tree)) return null;
  const actual = valueOf(ticket, tree.field);
  return actual === undefined ? null : compare(actual, tree.operator, tree.value, asker);
}

function everyOne(answers: readonly (boolean | null)[]): boolean | null {
  if (answers.includes(false)) return false;
  return answers.includes(null) ? null : true;
}

function someOne(answers: readonly (boolean | null)[]): boolean | null {
  if (answers.includes(true)) return true;
  return answers.includes(null) ? null : false;
}
