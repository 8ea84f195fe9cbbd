import { goto } from '$app/navigation';
import type { Notification as News } from '@aftercare/api';
import { placeWithoutTicket, sentenceOf } from './sentence';
import { playTone } from './tone';

/** News that is older comes from catching up: it is below the bell, and no reason for noise. */
const FRESH_MS = 2 * 60_000;
/** The tabs of a browser all hear of it; the one that gets the lock makes the noise. */
const HOLD_MS = 3_000;

export interface Scene {
  now: number;
  isLooking: boolean;
  openTicketId: string | undefined;
}

/** What of the news shall be heard or seen outside the page. Nothing of what is being looked at. */
export function loudOf(news: readonly News[], scene: Scene): { desktop: News[]; hasSound: boolean } {
  const fresh = news.filter(
    (one) =>
      scene.now - Date.parse(one.created_at) < FRESH_MS &&
      !(scene.isLooking && one.ticket_id !== null && one.ticket_id === scene.openTicketId),
  );
  return {
    desktop: scene.isLooking ? [] : fresh.filter((one) => one.channels.includes('desktop')),
    hasSound: fresh.some((one) => one.channels.includes('sound')),
  };
}

/** Tells the news as the person asked for: by a sound, by a notice of the desktop. */
export async function tell(news: readonly News[], openTicketId: string | undefined): Promise<void> {
  const isLooking = document.visibilityState === 'visible' && document.hasFocus();
  const { desktop, hasSound } = loudOf(news, { now: Date.now(), isLooking, openTicketId });
  for (const one of desktop) await alone(`desktop-${one.id}`, () => showOnDesktop(one));
  const last = news.at(-1);
  if (hasSound && last) await alone(`sound-${last.id}`, playTone);
}

function showOnDesktop(one: News): void {
  if (!('Notification' in window) || Notification.permission !== 'granted') return;
  const { title, text } = sentenceOf(one);
  const shown = new Notification(title, { body: text, tag: one.id, icon: '/app-assets/mark.svg' });
  shown.onclick = () => {
    window.focus();
    shown.close();
    void goto(one.ticket_id ? `/inbox/mine/${one.ticket_id}` : placeWithoutTicket(one));
  };
}

async function alone(name: string, run: () => void): Promise<void> {
  if (!('locks' in navigator)) return run();
  await navigator.locks.request(`aftercare-${name}`, { ifAvailable: true }, (lock) => {
    if (!lock) return undefined;
    run();
    return new Promise((resolve) => setTimeout(resolve, HOLD_MS));
  });
}
