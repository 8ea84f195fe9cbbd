// Intercom('show') and its like, so that a theme written for that messenger keeps working.
import { door } from './door';

const call = door();
const page = window as unknown as {
  Intercom?: ((...values: unknown[]) => unknown) & { q?: unknown[][] };
  intercomSettings?: Record<string, unknown>;
};

interface Settings {
  name?: string;
  language_override?: string;
  hide_default_launcher?: boolean;
  intercom_user_jwt?: string;
  [trait: string]: unknown;
}

/** What is not a setting of the messenger itself says something about the person. */
function tell({
  name,
  language_override,
  hide_default_launcher,
  intercom_user_jwt,
  app_id: _,
  ...traits
}: Settings): void {
  if (hide_default_launcher !== undefined) call(hide_default_launcher ? 'hideLauncher' : 'showLauncher');
  if (language_override) call('setLocale', language_override);
  if (intercom_user_jwt || name || Object.keys(traits).length)
    call('identify', { token: intercom_user_jwt, name, traits });
}

const SPACES: Record<string, string> = { messages: 'chat', help: 'home', home: 'home', tickets: 'chat' };

const meanings: Record<string, (...values: never[]) => unknown> = {
  boot: (settings: Settings = {}) => (call('boot'), tell({ ...page.intercomSettings, ...settings })),
  update: (settings: Settings = {}) => (call('page'), tell(settings)),
  shutdown: () => call('shutdown'),
  show: () => call('show'),
  hide: () => call('hide'),
  showMessages: () => call('show', 'chat'),
  showSpace: (space: string) => call('show', SPACES[space] || 'home'),
  showArticle: (slug: string) => call('show', `article:${slug}`),
  showNewMessage: (text?: string) => (text ? call('newMessage', text) : call('show', 'chat')),
  trackEvent: (name: string, details?: object) => call('track', name, details),
  onShow: (listener: () => void) => call('on', 'open', listener),
  onHide: (listener: () => void) => call('on', 'close', listener),
  onUnreadCountChange: (listener: () => void) => call('on', 'unread', listener),
};

const early = page.Intercom?.q || [];
page.Intercom = (name, ...values) => meanings[name as string]?.(...(values as never[]));
if (page.intercomSettings) tell(page.intercomSettings);
for (const each of early) page.Intercom(...each);
