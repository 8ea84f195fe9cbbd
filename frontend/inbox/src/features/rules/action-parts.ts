import type { Word } from '@aftercare/ui';

/** A parameter that is simply written down. */
export interface Part {
  name: string;
  kind: 'text' | 'long' | 'email' | 'url';
  label: Word;
  most: number;
  placeholder?: string;
}

/** Actions that are asked for by writing: what each wants, in this order. */
export const WRITTEN: Record<string, readonly Part[]> = {
  add_note: [{ name: 'text', kind: 'long', label: 'rulebuild.note', most: 10_000 }],
  set_subject: [{ name: 'subject', kind: 'text', label: 'cond.subject', most: 500 }],
  send_email: [
    { name: 'address', kind: 'email', label: 'rulebuild.toAddress', most: 254 },
    { name: 'text', kind: 'long', label: 'rulebuild.mailText', most: 10_000 },
  ],
  webhook: [{ name: 'url', kind: 'url', label: 'rulebuild.url', most: 2000, placeholder: 'https://' }],
};
