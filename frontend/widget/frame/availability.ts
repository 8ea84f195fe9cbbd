import type { Boot } from './records';
import type { Speech } from './words';

/** How soon somebody answers, if that is known: "Usually replies in 3 minutes", "Back Monday 9:00". */
export function availability(boot: Boot, words: Speech, now: Date): string {
  if (!boot.is_open)
    return boot.opens_at
      ? words.say('back_at', { when: words.moment(boot.opens_at, now) })
      : words.say('away');
  const minutes = boot.reply_minutes;
  if (minutes === null) return '';
  if (minutes < 60) return words.say('replies_minutes', {}, Math.max(1, Math.round(minutes)));
  return words.say('replies_hours', {}, Math.round(minutes / 60));
}
