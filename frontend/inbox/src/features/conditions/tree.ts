import type { ConditionField } from '@aftercare/api';

/** A condition tree as it is edited: groups of ALL, ANY or NONE, and comparisons in them. */
export type Mode = 'all' | 'any' | 'none';
export interface Group {
  id: number;
  mode: Mode;
  children: Node[];
}
export interface Leaf {
  id: number;
  field: string;
  operator: string;
  value: unknown;
  /** What counts where there is nothing to compare; not said: nothing can be decided. */
  ifMissing?: boolean;
}
export type Node = Group | Leaf;
type Wire = Record<string, unknown>;

export const MAX_LEVELS = 3;
const WITHOUT_VALUE = new Set(['is_empty', 'is_present', 'has_changed']);
const MANY = new Set([
  'is_any_of',
  'is_none_of',
  'contains_any_of',
  'contains_all_of',
  'contains_none_of',
  'has_word_of',
  'has_no_word_of',
]);

let nextId = 1;

export function isGroup(node: Node): node is Group {
  return 'children' in node;
}

export function wantsNoValue(operator: string): boolean {
  return WITHOUT_VALUE.has(operator);
}

export function wantsMany(operator: string): boolean {
  return MANY.has(operator);
}

export function newGroup(mode: Mode = 'all', children: Node[] = []): Group {
  return { id: nextId++, mode, children };
}

export function newLeaf(field: ConditionField): Leaf {
  const operator = field.operators[0] ?? 'is';
  return { id: nextId++, field: field.name, operator, value: emptyValue(field, operator) };
}

/** What stands in a comparison before anything is chosen. */
export function emptyValue(field: ConditionField | undefined, operator: string): unknown {
  if (wantsNoValue(operator)) return undefined;
  if (wantsMany(operator)) return [];
  if (field?.type === 'flag') return true;
  if (field?.type === 'number') return 1;
  if (field?.type === 'time') return '7d';
  return field?.choices[0] ?? '';
}

/** The tree of a view or rule, ready to be edited; the outermost is always a group. */
export function fromWire(tree: unknown): Group {
  const node = read(tree);
  if (node === null) return newGroup();
  return isGroup(node) ? node : newGroup('all', [node]);
}

function read(tree: unknown): Node | null {
  if (tree === null || typeof tree !== 'object' || Object.keys(tree).length === 0) return null;
  const wire = tree as Wire;
  for (const mode of ['all', 'any', 'none'] as const)
    if (Array.isArray(wire[mode]))
      return newGroup(
        mode,
        wire[mode].flatMap((child) => read(child) ?? []),
      );
  if ('not' in wire) {
    const inner = read(wire['not']);
    if (inner === null) return newGroup('none');
    return newGroup('none', isGroup(inner) && inner.mode === 'any' ? inner.children : [inner]);
  }
  const { field, operator, value, if_missing } = wire;
  const leaf = { id: nextId++, field: String(field), operator: String(operator), value };
  return typeof if_missing === 'boolean' ? { ...leaf, ifMissing: if_missing } : leaf;
}

/** The tree as the server keeps it. */
export function toWire(node: Node): Wire {
  if (!isGroup(node)) {
    const { field, operator, value, ifMissing } = node;
    return {
      field,
      operator,
      ...(wantsNoValue(operator) ? {} : { value }),
      ...(ifMissing === undefined ? {} : { if_missing: ifMissing }),
    };
  }
  const children = node.children.map(toWire);
  return node.mode === 'none' ? { not: { any: children } } : { [node.mode]: children };
}

/** Where the server says that a node lies: `conditions.all.0.not.any.1`. */
export function pathsOf(root: Group, start = 'conditions'): Map<number, string> {
  const paths = new Map<number, string>();
  const walk = (node: Node, path: string) => {
    paths.set(node.id, path);
    if (!isGroup(node)) return;
    const inside = node.mode === 'none' ? `${path}.not.any` : `${path}.${node.mode}`;
    node.children.forEach((child, index) => walk(child, `${inside}.${index}`));
  };
  walk(root, start);
  return paths;
}

/** The same tree with one node replaced, or taken out with null. */
export function replace(root: Group, id: number, change: (node: Node) => Node | null): Group {
  const walk = (node: Node): Node | null => {
    if (node.id === id) return change(node);
    if (!isGroup(node)) return node;
    return { ...node, children: node.children.flatMap((child) => walk(child) ?? []) };
  };
  const done = walk(root);
  return done !== null && isGroup(done) ? done : newGroup();
}

function parentOf(root: Group, id: number): Group | null {
  for (const child of root.children) {
    if (child.id === id) return root;
    const found = isGroup(child) ? parentOf(child, id) : null;
    if (found) return found;
  }
  return null;
}

export type Move = 'up' | 'down' | 'in' | 'out';

/** Moves a node among its siblings, into the group before it, or out behind its group. */
export function move(root: Group, id: number, direction: Move): Group {
  const parent = parentOf(root, id);
  const at = parent?.children.findIndex((child) => child.id === id) ?? -1;
  const node = parent?.children[at];
  if (!parent || !node) return root;
  const rest = parent.children.filter((child) => child.id !== id);
  if (direction === 'up' || direction === 'down') {
    const to = direction === 'up' ? at - 1 : at + 1;
    if (to < 0 || to > rest.length) return root;
    return replace(root, parent.id, () => ({ ...parent, children: rest.toSpliced(to, 0, node) }));
  }
  if (direction === 'in') {
    const before = parent.children[at - 1];
    const into =
      before && isGroup(before)
        ? { ...before, children: [...before.children, node] }
        : newGroup(parent.mode === 'any' ? 'all' : 'any', [node]);
    if (levelsOf(into) + levelOf(root, parent.id) > MAX_LEVELS) return root;
    const kept =
      before && isGroup(before)
        ? rest.map((each) => (each === before ? into : each))
        : rest.toSpliced(at, 0, into);
    return replace(root, parent.id, () => ({ ...parent, children: kept }));
  }
  const above = parentOf(root, parent.id);
  if (!above) return root;
  const place = above.children.findIndex((child) => child.id === parent.id);
  const emptied = { ...parent, children: rest };
  return replace(root, above.id, () => ({
    ...above,
    children: above.children.toSpliced(place, 1, ...(rest.length ? [emptied, node] : [node])),
  }));
}

/** How deep a group lies: the outermost is 1. */
export function levelOf(root: Group, id: number): number {
  let level = 1;
  let parent = parentOf(root, id);
  while (parent) {
    level += 1;
    parent = parentOf(root, parent.id);
  }
  return level;
}

function levelsOf(node: Node): number {
  return isGroup(node) ? 1 + Math.max(0, ...node.children.map(levelsOf)) : 0;
}

export function countLeaves(node: Node): number {
  return isGroup(node) ? node.children.reduce((sum, child) => sum + countLeaves(child), 0) : 1;
}

/** Where a node lies among its siblings, counted from 1. */
export interface Place {
  n: number;
  of: number;
  parent: Group;
  level: number;
}

export function placeIn(root: Group, id: number): Place | null {
  const parent = parentOf(root, id);
  if (!parent) return null;
  const at = parent.children.findIndex((child) => child.id === id);
  return { n: at + 1, of: parent.children.length, parent, level: levelOf(root, parent.id) };
}

export function nodeIn(root: Group, id: number): Node | null {
  const place = placeIn(root, id);
  return place?.parent.children[place.n - 1] ?? null;
}
