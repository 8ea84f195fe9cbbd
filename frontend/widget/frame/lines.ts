import type { Message } from './records';

/** Both lists as one, by position, each message once; the newer record of a message counts. */
export function merged(have: readonly Message[], more: readonly Message[]): Message[] {
  const byPosition = new Map([...have, ...more].map((each) => [each.position, each]));
  return [...byPosition.values()].sort((one, other) => one.position - other.position);
}

export interface Row {
  message: Message;
  /** The head of a new day. */
  day: boolean;
  /** First of what one author says in a row. */
  isFirst: boolean;
  isLast: boolean;
}

const FIVE_MINUTES = 300_000;

const belongTogether = (one: Message, other: Message): boolean =>
  one.author === other.author &&
  one.name === other.name &&
  Math.abs(new Date(other.at).getTime() - new Date(one.at).getTime()) < FIVE_MINUTES;

/** The messages as they are drawn: days apart, what one person says in a row together. */
export function rowsOf(messages: readonly Message[]): Row[] {
  return messages.map((message, index) => {
    const before = messages[index - 1];
    const after = messages[index + 1];
    const day = !before || new Date(before.at).toDateString() !== new Date(message.at).toDateString();
    return {
      message,
      day,
      isFirst: day || !before || !belongTogether(before, message),
      isLast: !after || !belongTogether(message, after),
    };
  });
}

const LINK = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g;

/** Plain text as pieces, those with an address being links. */
export function pieces(text: string): { text: string; href?: string }[] {
  const found: { text: string; href?: string }[] = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    if (match.index > from) found.push({ text: text.slice(from, match.index) });
    found.push({ text: match[0], href: match[0] });
    from = match.index + match[0].length;
  }
  if (from < text.length) found.push({ text: text.slice(from) });
  return found;
}
