import { dateAndTime, shortDuration, t, type IconName } from '@aftercare/ui';

/** Something to know about a line to a vendor; the sign beside it is never alone. */
export interface HealthLine {
  tone: 'ok' | 'w' | 'e' | 'n';
  icon: IconName;
  name: string;
  text: string;
}

const LATE_SECONDS = 300;
const TONES = { ok: 'ok', err: 'e', warn: 'w', off: 'n' } as const;

export const when = (at: string | null): string => (at ? dateAndTime(at) : t('connect.neverYet'));

/** How it is. */
export function stateLine(
  how: { tone: keyof typeof TONES; icon: IconName; text: string },
  detail: string,
): HealthLine {
  return { tone: TONES[how.tone], icon: how.icon, name: t('channels.state'), text: detail || how.text };
}

/** What is told only where it is not as it should be. */
export function troubleLines(
  link: { lag_seconds: number | null; failures: number; refused: number; last_refused_at: string | null },
  lagBy: (time: string) => string,
): HealthLine[] {
  const found: HealthLine[] = [];
  if (link.lag_seconds !== null && link.lag_seconds > LATE_SECONDS)
    found.push({
      tone: 'w',
      icon: 'clock',
      name: t('connect.lag'),
      text: lagBy(shortDuration(link.lag_seconds * 1000)),
    });
  if (link.failures > 0)
    found.push({
      tone: 'w',
      icon: 'rotate-cw',
      name: t('connect.failures'),
      text: t('connect.failuresInRow', { n: link.failures }),
    });
  if (link.refused > 0)
    found.push({
      tone: 'w',
      icon: 'lock',
      name: t('connect.refused'),
      text: t('connect.refusedCalls', { n: link.refused, time: when(link.last_refused_at) }),
    });
  return found;
}

/** Calls that nobody has read, and those that nobody could read. */
export function callLines(waiting: number, quarantined: string | null): HealthLine[] {
  const found: HealthLine[] = [];
  if (quarantined !== null)
    found.push({ tone: 'w', icon: 'triangle-alert', name: t('inbound.quarantined'), text: quarantined });
  if (waiting > 0)
    found.push({
      tone: 'n',
      icon: 'clock',
      name: t('connect.waiting'),
      text: t('connect.waitingCalls', { n: waiting }),
    });
  return found;
}
