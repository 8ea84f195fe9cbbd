import type { TraceLine } from '@aftercare/api';
import { t } from '@aftercare/ui';
import { wantsNoValue } from '$features/conditions/tree';
import { fieldLabel, operatorLabel, valueLabel, type ValueChoices } from '$features/conditions/values';

// The explanation of a verdict as a tree: the lines the server tells are the leaves, the groups are
// read off their paths (`conditions.all.1.not.any.0`).

export type Answer = boolean | null;
export interface TraceGroup {
  kind: 'group';
  path: string;
  mode: 'all' | 'any' | 'none';
  isTrue: Answer;
  isRead: boolean;
  children: TraceNode[];
}
export interface TraceLeaf {
  kind: 'leaf';
  path: string;
  line: TraceLine;
  isTrue: Answer;
  isRead: boolean;
}
export type TraceNode = TraceGroup | TraceLeaf;

export const isRead = (line: TraceLine): boolean =>
  line.is_true !== null || (line.actual !== null && line.actual !== 'not read');

/** The tree of the lines; null where there were no conditions. */
export function treeOf(trace: readonly TraceLine[]): TraceNode | null {
  if (!trace.length) return null;
  const shallow = trace.map((line) => ({ line, steps: line.path.split(/[./]/) }));
  return build(shallow, shallow[0]?.steps[0] === 'conditions' ? 1 : 0);
}

interface Deep {
  line: TraceLine;
  steps: string[];
}

function build(lines: readonly Deep[], at: number): TraceNode {
  const [first] = lines as [Deep];
  const path = first.steps.slice(0, at).join('.');
  const step = first.steps[at];
  if (step === undefined) {
    const { line } = first;
    return { kind: 'leaf', path: line.path, line, isTrue: line.is_true, isRead: isRead(line) };
  }
  if (step === 'not') return negated(build(lines, at + 1), path);
  const children = [...grouped(lines, at + 1).values()].map((each) => build(each, at + 2));
  const mode = step === 'any' || step === 'none' ? step : 'all';
  return group(mode, path, children);
}

function grouped(lines: readonly Deep[], at: number): Map<string, Deep[]> {
  const groups = new Map<string, Deep[]>();
  for (const line of lines) {
    const key = line.steps[at] ?? '';
    groups.set(key, [...(groups.get(key) ?? []), line]);
  }
  return groups;
}

/** `not: {any: …}` is how “none of” is kept. */
function negated(inner: TraceNode, path: string): TraceGroup {
  const children = inner.kind === 'group' && inner.mode === 'any' ? inner.children : [inner];
  return group('none', path, children);
}

function group(mode: TraceGroup['mode'], path: string, children: TraceNode[]): TraceGroup {
  const read = children.filter((each) => each.isRead);
  const answers = read.map((each) => each.isTrue);
  const decisive = mode !== 'all';
  const found = answers.includes(decisive) ? decisive : answers.includes(null) ? null : !decisive;
  const isTrue = mode === 'none' && found !== null ? !found : found;
  return {
    kind: 'group',
    path,
    mode,
    isTrue: read.length ? isTrue : null,
    isRead: read.length > 0,
    children,
  };
}

/** The first thing that kept it from matching: the answer to “why not”. Null where it matched. */
export function firstFailed(node: TraceNode | null): TraceNode | null {
  if (!node || !node.isRead || node.isTrue === true) return null;
  if (node.kind === 'leaf' || node.mode !== 'all') return node;
  const failed =
    node.children.find((each) => each.isRead && each.isTrue === false) ??
    node.children.find((each) => each.isRead && each.isTrue === null);
  return failed ? firstFailed(failed) : node;
}

/** “Message intent is Cancel order”, in the reader's language where the parts are told. */
export function lineWords(line: TraceLine, choices: ValueChoices): string {
  const { field, operator } = line;
  if (!field || !operator) return line.text;
  const label = fieldLabel({ name: field, label: '', type: 'text', choices: [], operators: [] });
  if (!label) return line.text;
  if (typeof line.wanted === 'boolean' && operator === 'is')
    return line.wanted ? label : t('rulebuild.s.not', { what: label });
  if (wantsNoValue(operator)) return `${label} ${operatorLabel(operator)}`;
  return `${label} ${operatorLabel(operator)} ${valueWords(line.wanted, field, choices)}`.trim();
}

/** A value as people say it; empty where there is none. */
export function valueWords(value: unknown, field: string | undefined, choices: ValueChoices): string {
  if (value === null || value === undefined || value === '') return '';
  if (Array.isArray(value)) return value.map((each) => valueWords(each, field, choices)).join(', ');
  if (typeof value === 'boolean') return t(value ? 'cond.yes' : 'cond.no');
  if (typeof value === 'object') return JSON.stringify(value);
  const text = String(value);
  if (field?.endsWith('_minor')) return String(Number(text) / 100);
  const named = choices[field ?? '']?.find((each) => each.value === text)?.label;
  return named ?? (field && isCode(text) ? valueLabel(text, field) : text);
}

/** Words of the catalogue are codes; what a person wrote stays as it is. */
const isCode = (text: string): boolean => /^[a-z][a-z0-9_/-]*$/.test(text) || /^[A-Z]{2}$/.test(text);
