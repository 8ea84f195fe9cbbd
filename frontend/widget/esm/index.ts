/**
 * The widget for a shop whose code is bundled: `load()` brings the script, `helpdesk()` speaks to
 * it. Calls before it has come are kept and answered then.
 */
export type View = 'home' | 'chat' | 'order' | `article:${string}`;

export interface User {
  /** A short-lived JWT that the shop's server signed; without it nothing personal is shown. */
  token?: string;
  name?: string;
  traits?: Record<string, string | number | boolean | null>;
}

export interface Boot {
  site?: string;
  locale?: string;
  user?: User;
  hideLauncher?: boolean;
  zIndex?: number;
}

export interface Context {
  order?: string;
  cart?: { total?: number; currency?: string; items?: number; [more: string]: unknown };
  page?: string;
  custom?: Record<string, unknown>;
}

export interface Heard {
  ready: undefined;
  open: undefined;
  close: undefined;
  unread: number;
  message: { text: string };
  sent: { text: string };
  conversationStarted: { id: string };
  csat: { score: number };
  error: unknown;
}

export interface Helpdesk {
  (call: 'boot', options?: Boot): void;
  (call: 'identify', user: User): void;
  (call: 'shutdown' | 'hide' | 'toggle' | 'showLauncher' | 'hideLauncher' | 'page'): void;
  (call: 'show', view?: View): void;
  (call: 'newMessage', text: string): void;
  (call: 'setContext', context: Context): void;
  (call: 'track', name: string, props?: Record<string, unknown>): void;
  (call: 'setLocale', locale: string): void;
  <Name extends keyof Heard>(call: 'on', event: Name, listener: (detail: Heard[Name]) => void): () => void;
  <Name extends keyof Heard>(call: 'off', event: Name, listener: (detail: Heard[Name]) => void): void;
  (call: 'get', what: 'unread'): Promise<number>;
  (call: 'get', what: 'state'): Promise<{ isOpen: boolean; unread: number }>;
}

type Stub = ((...call: unknown[]) => unknown) & { q?: unknown[][] };

function current(): Stub {
  const page = window as unknown as { helpdesk?: Stub };
  page.helpdesk ||= Object.assign((...call: unknown[]) => void page.helpdesk!.q!.push(call), { q: [] });
  return page.helpdesk;
}

export const helpdesk = ((...call: unknown[]) => {
  const answer = current()(...call);
  const [name, event, listener] = call;
  // Before the script has come nothing answers: what is listened to can still be let go of.
  if (name === 'on' && !answer) return () => helpdesk('off', event as 'open', listener as () => void);
  return answer;
}) as Helpdesk;

/** Brings the widget of this address, once: `load('https://help.acme.com', 'ste_…')`. */
export function load(origin: string, site: string): Promise<void> {
  current();
  const src = `${origin.replace(/\/$/, '')}/w/${site}.js`;
  if (document.querySelector(`script[src="${src}"]`)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.async = true;
    script.src = src;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`${src} could not be loaded`));
    document.head.append(script);
  });
}
