import type { Rule } from '@aftercare/api';
import type { RuleWords } from '@aftercare/api/rules.ts';
import { t, type Word } from '@aftercare/ui';

const plain = (name: string) =>
  name
    .replace(/^(ticket|message|customer|order)\./, (_, root: string) => `${root} `)
    .replaceAll('_', ' ')
    .replaceAll('.', ' ');

/** “A message comes in, A ticket begins” */
export function triggerWords(rule: Pick<Rule, 'triggers'>, words?: RuleWords): string {
  return rule.triggers.map((type) => triggerLabel(type, words)).join(', ');
}

/** A trigger in the reader's language, else as the server calls it. */
export function triggerLabel(type: string, words?: RuleWords): string {
  return (
    t(`rulebuild.on.${type}` as Word) ||
    (words?.triggers.find((each) => each.type === type)?.label ?? plain(type))
  );
}

/** A kind of action in the reader's language, else as the server calls it. */
export function actionLabel(type: string, words: RuleWords): string {
  return (
    t(`rulebuild.do.${type}` as Word) ||
    (words.actions.find((each) => each.type === type)?.label ?? plain(type))
  );
}

function written(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(written).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value).replaceAll('_', ' ');
}

/** An action in words: the server's own sentence where it has one. */
export function actionWords(action: Rule['actions'][number]): string {
  if (action.description) return action.description;
  const values = Object.values(action.params ?? {})
    .map(written)
    .filter(Boolean);
  return [plain(action.type), values.join(', ')].filter(Boolean).join(': ');
}
