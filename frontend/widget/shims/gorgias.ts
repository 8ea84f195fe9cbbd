// GorgiasChat.open() and its like, so that a theme written for that chat keeps working.
import { door } from './door';

const call = door();
let isOpen = false;
call('on', 'open', () => (isOpen = true));
call('on', 'close', () => (isOpen = false));

const EVENTS: Record<string, string> = {
  ready: 'ready',
  'widget:opened': 'open',
  'widget:closed': 'close',
  'message:received': 'message',
  'message:sent': 'sent',
};

const chat: Record<string, unknown> = {
  init: () => Promise.resolve(chat),
  open: () => call('show'),
  close: () => call('hide'),
  isOpen: () => isOpen,
  hideChat: (isHidden = true) => call(isHidden ? 'hideLauncher' : 'showLauncher'),
  sendMessage: (text: string) => call('newMessage', text),
  captureUserEmail: (email: string) => call('identify', { traits: { email } }),
  captureShopifyCart: (cart: { total_price?: number }) =>
    call('setContext', { cart: { ...cart, total: (cart.total_price || 0) / 100 } }),
  on: (name: string, listener: () => void) => call('on', EVENTS[name] || name, listener),
  off: (name: string, listener: () => void) => call('off', EVENTS[name] || name, listener),
};
// What only changes looks is the shop's setting here; the call passes without effect.
for (const name of ['setPosition', 'updateTexts', 'hidePoweredBy', 'hideOutsideBusinessHours'])
  chat[name] = () => undefined;

const page = window as unknown as { GorgiasChat?: unknown };
page.GorgiasChat = chat;
dispatchEvent(new Event('gorgias-widget-loaded'));
