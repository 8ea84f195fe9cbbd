import type { Ticket } from '@aftercare/api';
import { dateAndTime, shortDuration, t, type Word } from '@aftercare/ui';

/** Named whole, so that the first load carries no other words of service levels. */
const TARGETS: Record<string, Word> = {
  first_reply: 'sla.first_reply',
  next_reply: 'sla.next_reply',
  resolution: 'sla.resolution',
};

export interface SlaShown {
  tone: '' | 'amber' | 'red';
  text: string;
  label: string;
}

/** What a ticket says of its most pressing target; null where nothing is waited for. */
export function slaShown({ sla }: Pick<Ticket, 'sla'>, now: Date): SlaShown | null {
  if (!sla) return null;
  const target = t(TARGETS[sla.target] ?? 'sla.resolution');
  if (sla.state === 'paused' && !sla.due_at)
    return { tone: '', text: t('sla.paused'), label: t('sla.pausedLabel', { target }) };
  if (!sla.due_at) return null;
  const left = Date.parse(sla.due_at) - now.getTime();
  const when = dateAndTime(sla.due_at);
  if (sla.state === 'breached' || left <= 0)
    return {
      tone: 'red',
      text: t('sla.late', { time: shortDuration(-left) }),
      label: t('sla.lateLabel', { target, when }),
    };
  const isAmber = sla.amber_at !== null && Date.parse(sla.amber_at) <= now.getTime();
  return {
    tone: isAmber ? 'amber' : '',
    text: shortDuration(left),
    label: t('sla.dueLabel', { target, when }),
  };
}
