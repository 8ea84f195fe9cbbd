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
  const text =
    `${plain(String(node['field']))} ${plain(String(node['operator']))} ${written(node['value'])}`.trim();
  return [{ depth, text, isGroup: false }];
}

/** An action in words: the server's own sentence where it has one. */
export function actionWords(action: Rule['actions'][number]): string {
  if (action.description) return action.description;
  const values = Object.values(action.params ?? {})
    .map(written)
    .filter(Boolean);
  return [plain(action.type), values.join(', ')].filter(Boolean).join(': ');
}
