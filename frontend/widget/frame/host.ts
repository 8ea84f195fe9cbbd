/** What the loader may say to us. */
export type FromLoader =
  | { type: 'open'; view?: string; text?: string; greeting?: string }
  | { type: 'hidden' | 'leave' }
  | { type: 'identify'; token?: string; name?: string; traits?: Record<string, unknown> }
  | { type: 'context'; context: Record<string, unknown> }
  | { type: 'page'; page: { url: string; title: string } }
  | { type: 'locale'; locale: string }
  | { type: 'preview'; boot: Record<string, unknown>; look?: Record<string, string> };

const KNOWN = ['open', 'hidden', 'leave', 'identify', 'context', 'page', 'locale', 'preview'];

const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';
const isObject = (value: unknown): boolean =>
  value === undefined || (typeof value === 'object' && value !== null);

/** The message if it has the form of one and carries this boot's key; else null. */
export function read(data: unknown, key: string): FromLoader | null {
  if (typeof data !== 'object' || data === null) return null;
  const message = data as Record<string, unknown>;
  if (!key || message.key !== key || !KNOWN.includes(message.type as string)) return null;
  const texts = ['view', 'text', 'greeting', 'token', 'name', 'locale'];
  const objects = ['traits', 'context', 'page', 'boot', 'look'];
  const fits =
    texts.every((name) => isText(message[name])) && objects.every((name) => isObject(message[name]));
  return fits ? (message as unknown as FromLoader) : null;
}

/** The line to the page around us: one window, one origin, one key, all told by the frame's address. */
export class Host {
  private readonly key: string;
  private readonly origin: string;

  constructor(
    hash: string,
    private readonly hear: (message: FromLoader) => void,
  ) {
    [this.key = '', this.origin = ''] = decodeURIComponent(hash.slice(1)).split('|') as [string, string];
    addEventListener('message', (event) => {
      if (event.source !== parent || event.origin !== this.origin) return;
      const message = read(event.data, this.key);
      if (message) this.hear(message);
    });
  }

  tell(type: string, more: object = {}): void {
    if (this.origin && parent !== window) parent.postMessage({ ...more, type, key: this.key }, this.origin);
  }

  /** Something a page may listen to. */
  emit(name: string, detail?: unknown): void {
    this.tell('event', { name, detail });
  }
}
