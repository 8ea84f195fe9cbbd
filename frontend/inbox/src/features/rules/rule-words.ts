import type { Rule } from '@aftercare/api';
import { t } from '@aftercare/ui';

const plain = (name: string) =>
  name
    .replace(/^(ticket|message|customer|order)\./, (_, root: string) => `${root} `)
    .replaceAll('_', ' ')
    .replaceAll('.', ' ');

/** “message received, ticket created” */
export function triggerWords(rule: Rule): string {
  return rule.triggers.map(plain).join(', ');
}

export interface ConditionLine {
  depth: number;
  text: string;
  isGroup: boolean;
}

function written(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(written).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value).replaceAll('_', ' ');
}

/** A condition tree as lines with their depth. */
export function conditionLines(tree: unknown, depth = 0): ConditionLine[] {
  if (tree === null || typeof tree !== 'object' || Object.keys(tree).length === 0) return [];
  const node = tree as Record<string, unknown>;
  const group = (['all', 'any'] as const).find((key) => Array.isArray(node[key]));
  if (group) {
    const children = node[group] as unknown[];
    return [
      { depth, text: t(`rules.${group}`), isGroup: true },
      ...children.flatMap((child) => conditionLines(child, depth + 1)),
    ];
  }
  if ('not' in node)
    return [{ depth, text: t('rules.not'), isGroup: true }, ...conditionLines(node['not'], depth + 1)];
  return [{ depth, text: conditionWords(node), isGroup: false }];
}

const OPERATORS: Record<string, string> = {
  within_last: 'within the last',
  contains_not: 'does not contain',
  less_than: 'is less than',
  more_than: 'is more than',
};
const UNITS: Record<string, string> = { m: 'minutes', h: 'hours', d: 'days' };

/** “order is not fulfilled”, “order placed at within the last 2 days” */
function conditionWords(node: Record<string, unknown>): string {
  const field = plain(String(node['field']));
  const value = node['value'];
  if (typeof value === 'boolean')
    return value ? field : field.replace(' is ', ' is not ').replace(' has ', ' has no ');
  const operator = OPERATORS[String(node['operator'])] ?? plain(String(node['operator']));
  const duration = /^(\d+)([mhd])$/.exec(typeof value === 'string' ? value : '');
  const said = duration ? `${duration[1]} ${UNITS[duration[2] ?? ''] ?? ''}` : written(value);
  return `${field} ${operator} ${said}`.trim();
}

/** An action in words: the server's own sentence where it has one. */
export function actionWords(action: Rule['actions'][number]): string {
  if (action.description) return action.description;
  const values = Object.values(action.params ?? {})
    .map(written)
    .filter(Boolean);
  return [plain(action.type), values.join(', ')].filter(Boolean).join(': ');
}
