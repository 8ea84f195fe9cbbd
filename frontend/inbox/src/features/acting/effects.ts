import type { TicketMergePreview } from '@aftercare/api';
import { t, type Word } from '@aftercare/ui';

const WORDS: Record<string, Word> = {
  other_customer: 'acting.effect.otherCustomer',
  messages_move: 'acting.effect.messages',
  still_sending: 'acting.effect.sending',
  drafts_move: 'acting.effect.drafts',
  followers_move: 'acting.effect.followers',
  reopens: 'acting.effect.reopens',
  survey_once: 'acting.effect.survey',
  mail_follows: 'acting.effect.mail',
  undo_for_a_day: 'acting.effect.undo',
};

/** A consequence of merging in words; one this page does not know yet is passed over. */
export function effectText({ code, values }: TicketMergePreview['effects'][number]): string {
  const word = WORDS[code];
  const named = 'number' in values ? { ...values, number: `#${values['number']}` } : values;
  return word ? t(word, named) : '';
}
