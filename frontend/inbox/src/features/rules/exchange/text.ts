// The text that rules, macros and tags are exchanged in: what it holds, and where in it a path lies.

export interface Counts {
  rules: number;
  macros: number;
  tags: number;
}
export interface Line {
  kind: 'added' | 'removed' | 'kept' | 'gap';
  text: string;
}

/** How many of each the text holds: the items right under `rules:`, `macros:` and `tags:`. */
export function countsIn(text: string): Counts {
  const counts: Counts = { rules: 0, macros: 0, tags: 0 };
  let part = '';
  for (const line of text.split('\n')) {
    const head = /^(\w+):/.exec(line);
    if (head) part = head[1] ?? '';
    else if (line.startsWith('- ') && part in counts) counts[part as keyof Counts] += 1;
  }
  return counts;
}

/** “aftercare-automation-2026-11-22.yaml” */
export function fileName(day: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `aftercare-automation-${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}.yaml`;
}

/** Hands the text to the browser as a file. */
export function saveText(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/yaml;charset=utf-8' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** The lines of a difference, each with what became of it. */
export function diffLines(diff: string): Line[] {
  if (!diff) return [];
  const lines = diff.split('\n').map((line): Line => {
    if (line.startsWith('@@')) return { kind: 'gap', text: '' };
    const kind = line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : 'kept';
    return { kind, text: line.slice(1) };
  });
  return lines.filter((line, at) => line.kind !== 'gap' || at > 0);
}

interface Row {
  indent: number;
  /** It begins an item of a list: `- name: …`. */
  isItem: boolean;
  key: string;
  line: number;
}

/** Each line as items and keys; `- name: x` is both, its key two further in. */
function rowsOf(text: string): Row[] {
  const rows: Row[] = [];
  let blockIndent = -1;
  text.split('\n').forEach((raw, index) => {
    let rest = raw.trimStart();
    if (!rest || rest.startsWith('#')) return;
    let indent = raw.length - rest.length;
    if (blockIndent >= 0 && indent > blockIndent) return; // inside of a long text
    blockIndent = -1;
    for (let dash = /^-(\s+|$)/.exec(rest); dash; dash = /^-(\s+|$)/.exec(rest)) {
      rows.push({ indent, isItem: true, key: '', line: index + 1 });
      indent += dash[0].length;
      rest = rest.slice(dash[0].length);
    }
    const key = /^("[^"]*"|'[^']*'|[^\s:#][^:]*):(\s|$)/.exec(rest);
    if (!key) return;
    const name = (key[1] ?? '').replace(/^["']|["']$/g, '');
    rows.push({ indent, isItem: false, key: name, line: index + 1 });
    if (/:\s*[|>][+-]?\d*\s*$/.test(rest)) blockIndent = indent;
  });
  return rows;
}

/**
 * The line where `rules.3.conditions.all.1.value` stands; where a part is written on one line or is
 * missing, the line of what holds it. Null where not even the first step is there.
 */
export function lineOf(text: string, path: string): number | null {
  const rows = rowsOf(text);
  let from = 0;
  let to = rows.length;
  let found: number | null = null;
  for (const step of path.split('.')) {
    const at = stepIn(rows, from, to, step);
    if (at === null) break;
    const row = rows[at] as Row;
    found = row.line;
    from = at + 1;
    to = endOf(rows, at, to);
  }
  return found;
}

/** Which row in this range is the key or the n-th item, among the outermost ones. */
function stepIn(rows: readonly Row[], from: number, to: number, step: string): number | null {
  const inside = rows.slice(from, to);
  if (!inside.length) return null;
  const indent = Math.min(...inside.map((row) => row.indent));
  const wanted = /^\d+$/.test(step) ? Number(step) : null;
  let seen = 0;
  for (let at = from; at < to; at += 1) {
    const row = rows[at] as Row;
    if (row.indent !== indent) continue;
    if (wanted === null ? !row.isItem && row.key === step : row.isItem && seen++ === wanted) return at;
  }
  return null;
}

/** Where what belongs to a row ends: at the next one that is not further in. */
function endOf(rows: readonly Row[], at: number, to: number): number {
  const row = rows[at] as Row;
  for (let next = at + 1; next < to; next += 1) {
    const other = rows[next] as Row;
    // A list may stand right under its key, as far out as that.
    const isOwnItem = !row.isItem && other.isItem && other.indent === row.indent;
    if (other.indent <= row.indent && !isOwnItem) return next;
  }
  return to;
}

/** The line that a complaint is about: named by the server, or where its path lies. */
export function placeOf(text: string, error: { path: string; message: string }): number | null {
  const named = /^Line (\d+)\b/.exec(error.message);
  return named ? Number(named[1]) : lineOf(text, error.path);
}
