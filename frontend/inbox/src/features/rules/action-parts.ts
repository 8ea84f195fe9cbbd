import type { ActionParam, RuleWords } from '@aftercare/api/rules.ts';
import { t, type Word } from '@aftercare/ui';

/** A parameter that a plain field asks for. */
export interface Part {
  name: string;
  type: ActionParam['type'] | 'url';
  label: string;
  most?: number;
  choices?: { value: string; label: string }[];
}

/** How long a text may be: the server refuses what is longer. */
const MOST: Record<string, number> = { text: 10_000, subject: 500, address: 254, url: 2000 };
/** What these are called here; others as the server calls them. */
const OWN: Record<string, readonly [name: string, type: Part['type'], word: Word][]> = {
  add_note: [['text', 'longtext', 'rulebuild.note']],
  set_subject: [['subject', 'text', 'cond.subject']],
  send_email: [
    ['address', 'email', 'rulebuild.toAddress'],
    ['text', 'longtext', 'rulebuild.mailText'],
  ],
  webhook: [['url', 'url', 'rulebuild.url']],
  run_macro_actions: [['macro_id', 'macro', 'rulebuild.macro']],
};

/** What an action asks for, in this order: an action that the server adds needs nothing here. */
export function partsOf(type: string, words: RuleWords): Part[] {
  const own = OWN[type]?.map(([name, kind, word]): Part => ({ name, type: kind, label: t(word) }));
  const told = words.actions.find((each) => each.type === type)?.params;
  return (own ?? told ?? []).map((part) => ({ ...part, most: MOST[part.name] }));
}
