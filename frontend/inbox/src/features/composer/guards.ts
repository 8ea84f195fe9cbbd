import type { Address } from '@aftercare/api';
import { isAddress } from './addresses';
import { mentionsAttachment } from './attachment-words';

/** Something that is probably not meant: asked about once, then sent all the same. */
export type Doubt = 'attachment' | 'placeholder' | 'many';
/** Something that cannot leave. */
export type Fault = { kind: 'nobody' } | { kind: 'address'; address: string };

export const MANY_RECIPIENTS = 5;

/** [NAME], <first name>, XXX, TODO, and what programs print for nothing. */
const LEFTOVER =
  /\[(?:[A-ZÀ-Þ][A-ZÀ-Þ _-]{1,30}|(?:your |customer |first |last |order )?(?:name|number|date))\]|<(?:first |last |customer )?name>|\b(?:XXX+|TODO|undefined|null|NaN)\b|\[object Object\]/;

/** A place that was meant to be filled; quoted lines don't count. Null when there is none. */
export function findLeftover(text: string): string | null {
  const own = text
    .split('\n')
    .filter((line) => !line.startsWith('>'))
    .join('\n');
  return LEFTOVER.exec(own)?.[0] ?? null;
}

export function faultIn(to: readonly Address[], others: readonly Address[]): Fault | null {
  const wrong = [...to, ...others].find((each) => !isAddress(each));
  if (wrong) return { kind: 'address', address: wrong.address };
  return to.length === 0 ? { kind: 'nobody' } : null;
}

export interface Leaving {
  text: string;
  fileCount: number;
  recipientCount: number;
  isFirst: boolean;
}

/** The first doubt that was not yet answered. */
export function doubtAbout(message: Leaving, answered: ReadonlySet<Doubt>): Doubt | null {
  const doubts: [Doubt, boolean][] = [
    ['placeholder', findLeftover(message.text) !== null],
    ['attachment', message.fileCount === 0 && mentionsAttachment(message.text)],
    ['many', message.isFirst && message.recipientCount > MANY_RECIPIENTS],
  ];
  return doubts.find(([doubt, isSo]) => isSo && !answered.has(doubt))?.[0] ?? null;
}
