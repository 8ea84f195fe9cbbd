import type { ConnectionWorld, LiveConnection, SocketLike } from './connection';
import { PollSocket, type Doors } from './poll';
import { Tabs, type ChannelLike, type LocksLike } from './tabs';

/** The tabs of this browser, where it can tell them apart; null where each tab is alone. */
export function browserTabs(
  tabId: string,
  userId: string,
  doors: Doors,
  onSomebodyUp: () => void,
): Tabs | null {
  if (!('locks' in navigator) || typeof BroadcastChannel === 'undefined') return null;
  return new Tabs(
    {
      tabId,
      userId,
      doors,
      locks: navigator.locks as unknown as LocksLike,
      channel: new BroadcastChannel('aftercare.line') as unknown as ChannelLike,
      isVisible: () => document.visibilityState === 'visible',
      setTimer: (call, delay) => setTimeout(call, delay),
      clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
    },
    onSomebodyUp,
  );
}

/** The real world of a browser page: its sockets, its other tabs, timers and network. */
export function browserWorld(tabId: string, doors: Doors, tabs: Tabs | null): ConnectionWorld {
  return {
    clientId: tabId,
    openSocket() {
      const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
      return tabs?.socket() ?? (new WebSocket(`${scheme}://${location.host}/ws/agent`) as SocketLike);
    },
    openPoll: () => (tabs && !tabs.isLeader ? null : new PollSocket(doors)),
    heard: (text) => tabs?.heard(text),
    lost: (code) => tabs?.lost(code),
    setTimer: (call, delay) => setTimeout(call, delay),
    clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
    random: Math.random,
    isOnline: () => navigator.onLine,
  };
}

/** Wakes the connection when the network or the screen comes back. Returns how to stop. */
export function wakeWithBrowser(connection: LiveConnection): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  addEventListener('online', () => connection.wake(), { signal });
  addEventListener('offline', () => connection.networkLost(), { signal });
  document.addEventListener(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'visible') connection.wake();
    },
    { signal },
  );
  return () => controller.abort();
}
