import type { Unsent } from './kept';
import type { Message } from './records';

export type Shown = Message & { unsent?: Unsent };

/** What the server has and what is on its way, as one list; a message keeps its id, so it never moves. */
export function allLines(messages: readonly Message[], waiting: readonly Unsent[]): Shown[] {
  const known = new Set(messages.map((each) => each.id));
  const ahead = messages.at(-1)?.position ?? 0;
  return [
    ...messages,
    ...waiting
      .filter((each) => !known.has(each.id))
      .map((unsent, index) => ({
        id: unsent.id,
        position: ahead + 1 + index,
        author: 'visitor' as const,
        name: '',
        avatar_url: null,
        text: unsent.text,
        html: '',
        attachments: unsent.files,
        at: unsent.at,
        quick_replies: [],
        unsent,
      })),
  ];
}
