/** A kind of thing that can be connected, as its manifest says it. */
export interface Kind {
  kind: string;
  label: string;
  group: string;
  summary: string;
  docs_url: string;
  is_official: boolean;
  steps: readonly unknown[];
}

/** Those that somebody means by what they typed. */
export function found<K extends Kind>(kinds: readonly K[], typed: string): K[] {
  const words = typed.trim().toLowerCase();
  return kinds.filter((each) => `${each.label} ${each.kind} ${each.summary}`.toLowerCase().includes(words));
}

/** By group, in the groups' order; no empty ones. */
export function inGroups<R extends { group: string }, G extends string>(
  rows: readonly R[],
  groups: readonly G[],
): { group: G; rows: R[] }[] {
  return groups
    .map((group) => ({ group, rows: rows.filter((each) => each.group === group) }))
    .filter((each) => each.rows.length > 0);
}
