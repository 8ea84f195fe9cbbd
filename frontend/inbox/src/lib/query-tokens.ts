/** One part of a query as it is written; positions are of the text, `end` exclusive. */
export interface WrittenToken {
  text: string;
  start: number;
  end: number;
  /** The name before the colon, small and without a leading minus; null for words. */
  key: string | null;
  isClosed: boolean;
}

const FIELD = /^-?([a-z][a-z_]*(?:\.[a-z0-9_.]*)?):/i;

/** Splits at spaces outside quotes. What it means is the server's to say. */
export function splitQuery(text: string): WrittenToken[] {
  const tokens: WrittenToken[] = [];
  let at = 0;
  while (at < text.length) {
    while (/\s/.test(text[at] ?? '')) at += 1;
    if (at >= text.length) break;
    const start = at;
    let isQuoted = false;
    while (at < text.length && (isQuoted || !/\s/.test(text[at] ?? ''))) {
      if (text[at] === '"') isQuoted = !isQuoted;
      at += 1;
    }
    const part = text.slice(start, at);
    const key = FIELD.exec(part)?.[1]?.toLowerCase() ?? null;
    tokens.push({ text: part, start, end: at, key, isClosed: !isQuoted });
  }
  return tokens;
}

/** Groups and OR depend on their neighbours: such a query stays text and gets no chips. */
export function isEntangled(text: string): boolean {
  return splitQuery(text).some(
    (token) => token.text === 'OR' || (token.key === null && /^-?\(|\)$/.test(token.text)),
  );
}

/** What a query field shows: finished fields as chips, words and what is being written as text. */
export interface SplitQuery {
  chips: readonly string[];
  text: string;
}

/** The parts of a query that was opened, from an address or a view. */
export function chipsOf(query: string): SplitQuery {
  if (isEntangled(query)) return { chips: [], text: query };
  const tokens = splitQuery(query);
  const isChip = (token: WrittenToken) => token.key !== null && token.isClosed && !token.text.endsWith(':');
  return {
    chips: tokens.filter(isChip).map((token) => token.text),
    text: tokens
      .filter((token) => !isChip(token))
      .map((token) => token.text)
      .join(' '),
  };
}

/** While writing: what is finished (a space follows it) becomes a chip, the rest stays as it is. */
export function takeFinished(chips: readonly string[], text: string): SplitQuery {
  if (isEntangled(text)) return { chips, text };
  const finished = splitQuery(text).filter(
    (token) =>
      token.key !== null && token.isClosed && !token.text.endsWith(':') && /\s/.test(text[token.end] ?? ''),
  );
  if (finished.length === 0) return { chips, text };
  let rest = '';
  let from = 0;
  for (const token of finished) {
    rest += text.slice(from, token.start);
    from = token.end + 1;
  }
  rest += text.slice(from);
  return { chips: [...chips, ...finished.map((token) => token.text)], text: rest };
}

export function joinQuery({ chips, text }: SplitQuery): string {
  return [...chips, text.trim()].filter(Boolean).join(' ');
}

/** The query without one of its tokens. */
export function withoutToken(query: string, token: string): string {
  return splitQuery(query)
    .map((each) => each.text)
    .filter((each) => each !== token)
    .join(' ');
}
