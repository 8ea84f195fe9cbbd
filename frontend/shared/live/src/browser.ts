import type { ConnectionWorld, LiveConnection, SocketLike } from './connection';

/** The real world of a browser page: its sockets, timers and network. */
export function browserWorld(clientId: string): ConnectionWorld {
  return {
    clientId,
    openSocket() {
      const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
      return new WebSocket(`${scheme}://${location.host}/ws/agent`) as SocketLike;
    },
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
