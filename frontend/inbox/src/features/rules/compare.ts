import type { Definition } from '@aftercare/api/rules.ts';
import { t } from '@aftercare/ui';
import { fromWire, isGroup, type Node } from '$features/conditions/tree';
import { actionWords, leafWords, occasionWords, type Known } from './sentence';

// Two versions of a rule beside each other, each part a line in words.

export interface Said {
  depth: number;
  text: string;
}
export interface Pair {
  kind: 'same' | 'added' | 'removed' | 'changed';
  before: Said | null;
  after: Said | null;
}

/** The whole rule as lines: what a reviewer reads from top to bottom. */
export function linesOf(definition: Definition, known: Known): Said[] {
  const lines: Said[] = [{ depth: 0, text: definition.name }];
  const say = (depth: number, text: string) => lines.push({ depth, text });
  say(0, t('rules.when'));
  for (const trigger of definition.triggers) say(1, occasionWords(trigger, definition, known));
  const root = fromWire(definition.conditions);
  if (root.children.length) {
    say(0, t('rules.if'));
    for (const line of nodeLines(root, 1, known)) lines.push(line);
  }
  const steps = (word: string, actions: Definition['actions']) => {
    if (!actions.length) return;
    say(0, word);
    for (const action of actions) say(1, actionWords(action, known, false));
  };
  steps(t('rules.do'), definition.actions);
  steps(t('rulebuild.else'), definition.else_actions);
  for (const text of optionsOf(definition)) say(0, text);
  return lines;
}

function nodeLines(node: Node, depth: number, known: Known): Said[] {
  if (!isGroup(node)) return [{ depth, text: leafWords(node, known) + missingWords(node.ifMissing) }];
  const inside = node.children.flatMap((child) => nodeLines(child, depth + 1, known));
  return [{ depth, text: t(`cond.${node.mode}`) }, ...inside];
}

function missingWords(ifMissing: boolean | undefined): string {
  return ifMissing === undefined ? '' : ` (${t('compare.missing', { what: t(`cond.miss.${ifMissing}`) })})`;
}

function optionsOf(definition: Definition): string[] {
  const { stop_after, runs_on_automatic, once_per_ticket_hours, limits } = definition;
  return [
    stop_after ? t('rulebuild.stop') : '',
    runs_on_automatic ? t('rulebuild.onAutomatic') : '',
    once_per_ticket_hours ? t('compare.once', { n: once_per_ticket_hours }) : '',
    limits.per_customer_day ? `${t('rulebuild.perCustomer')}: ${limits.per_customer_day}` : '',
    limits.per_minute ? `${t('rulebuild.perMinute')}: ${limits.per_minute}` : '',
  ].filter(Boolean);
}

const keyOf = (line: Said) => `${line.depth} ${line.text}`;

/** Line against line; what was taken out and put in at one place stands beside each other. */
export function pairsOf(before: readonly Said[], after: readonly Said[]): Pair[] {
  const pairs: Pair[] = [];
  let removed: Said[] = [];
  let added: Said[] = [];
  const flush = () => {
    for (let at = 0; at < Math.max(removed.length, added.length); at += 1) {
      const [was, is] = [removed[at] ?? null, added[at] ?? null];
      pairs.push({ kind: was && is ? 'changed' : was ? 'removed' : 'added', before: was, after: is });
    }
    removed = [];
    added = [];
  };
  const lengths = commonLengths(before, after);
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [was, is] = [before[i], after[j]];
    if (was && is && keyOf(was) === keyOf(is)) {
      flush();
      pairs.push({ kind: 'same', before: was, after: is });
      i += 1;
      j += 1;
    } else if (is && (!was || (lengths[i]?.[j + 1] ?? 0) >= (lengths[i + 1]?.[j] ?? 0))) {
      added.push(is);
      j += 1;
    } else if (was) {
      removed.push(was);
      i += 1;
    }
  }
  flush();
  return pairs;
}

/** How many lines the rests have in common, from each place on. */
function commonLengths(before: readonly Said[], after: readonly Said[]): number[][] {
  const lengths = Array.from({ length: before.length + 1 }, () =>
    new Array<number>(after.length + 1).fill(0),
  );
  for (let i = before.length - 1; i >= 0; i -= 1)
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const row = lengths[i] as number[];
      const below = lengths[i + 1] as number[];
      const isSame = keyOf(before[i] as Said) === keyOf(after[j] as Said);
      row[j] = isSame ? (below[j + 1] as number) + 1 : Math.max(below[j] as number, row[j + 1] as number);
    }
  return lengths;
}
