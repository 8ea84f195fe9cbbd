import { config } from './config';
import { STYLE } from './look';
import { make } from './make';

export interface BootOptions {
  site?: string;
  locale?: string;
  user?: object;
  hideLauncher?: boolean;
  zIndex?: number;
  /** How far from the bottom, by the script's data-offset-bottom. */
  y?: string;
}

/** What is remembered in the shop's own storage: nothing personal and nothing secret. */
interface Kept {
  /** Lets the server say how much is unread; opens nothing. */
  hint?: string;
  /** There is an unsent message in the frame: load it at once. */
  pending?: boolean;
  /** The frame has to forget everybody when it comes next. */
  leave?: boolean;
}

type Link = { saveData?: boolean; effectiveType?: string };
export type Emit = (name: string, detail?: unknown) => void;
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a shop's page passes what it likes
export type Commands = Record<string, (value?: any) => unknown>;

const FULL_SCREEN = matchMedia('(max-width:480px),(max-height:560px)');

/**
 * Puts the launcher into the page; the frame behind it is loaded once somebody means to open it.
 * Answers the calls of the page's API that need a launcher.
 */
export function launch(
  server: string,
  site: string,
  locale: string,
  options: BootOptions,
  emit: Emit,
): Commands {
  const words = config.words[locale.slice(0, 2)] || config.words.en;
  const host = document.createElement('aftercare-widget');
  const root = host.attachShadow({ mode: 'open' });
  const badge = make('b', '');
  const launcher = make('button', 'l', config.label, badge);
  const panel = make('div', '');
  const stand = make('div', 'h', panel, launcher);
  const lock = new CSSStyleSheet();
  const sheet = new CSSStyleSheet();
  const waiting: { type: string }[] = [];
  let memory: Kept = {};
  let frame: HTMLIFrameElement | null;
  let nonce: string;
  let before: Element | null;
  let isOpen = false;
  let isReady = false;
  let isHidden: boolean | undefined;
  let unread = 0;

  function remember(changes: Kept): void {
    try {
      localStorage[site] = JSON.stringify((memory = { ...memory, ...changes }));
    } catch {
      // Storage is refused: it lasts as long as the page.
    }
  }

  const listen = (target: EventTarget | null, kind: string, call: (event: never) => unknown): void =>
    target!.addEventListener(kind, call as EventListener);

  /** Say something to the frame: now, when it is there, or when it has come. */
  function tell(type: string, more?: object): void {
    const message = { ...more, type, key: nonce };
    if (isReady) frame!.contentWindow!.postMessage(message, server);
    else waiting.push(message);
  }

  /** Paint what we know, also after somebody swept us out of the page. */
  function draw(): void {
    const isFull = isOpen && isReady && FULL_SCREEN.matches;
    const { height, offsetTop } = visualViewport!;
    if (!host.isConnected) document.documentElement.append(host);
    // On small screens the frame is the screen: the page behind rests, and the keyboard gets its room.
    if (lock.disabled == isFull) document.body.inert = isFull;
    lock.disabled = !isFull;
    panel.ariaModal = isFull ? 'true' : null;
    panel.className = isReady ? 'p r' : frame ? 'p' : 'p f';
    panel.hidden = !isOpen;
    panel.style.cssText = isFull ? `height:${height}px;top:${offsetTop}px` : '';
    launcher.hidden = isHidden || !!document.querySelector('[data-helpdesk-hide]');
    launcher.ariaExpanded = isOpen as never;
    launcher.ariaLabel = words.open + (unread ? words.unread.replace('#', unread as never) : '');
    badge.hidden = isOpen || !unread;
    badge.textContent = unread > 9 ? '9+' : (unread as never);
  }

  /** Load the frame, unseen: somebody is about to open it. */
  function warm(): void {
    if (frame) return;
    nonce = `${crypto.getRandomValues(new Uint32Array(4))}`;
    frame = make('iframe', '');
    frame.title = config.name;
    frame.src = `${server}/widget/frame/${site}?locale=${locale}#${nonce}|${origin}`;
    panel.replaceChildren(frame);
    setTimeout(giveUp, 8000);
  }

  /** The frame did not come: it must not stand between the shopper and the shop. */
  function giveUp(): void {
    if (isReady) return;
    const links = config.links.map(([href, text]) => Object.assign(make('a', '', text), { href }));
    frame = null;
    panel.replaceChildren(words.blocked, ...links);
    draw();
    emit('error', 'frame');
  }

  function show(view?: string, more?: object): void {
    warm();
    tell('open', { view, ...more });
    if (isOpen) return;
    before = document.activeElement;
    isOpen = true;
    draw();
    frame!.focus();
    emit('open');
  }

  function hide(): void {
    if (!isOpen) return;
    isOpen = false;
    tell('hidden');
    draw();
    ((launcher.hidden ? before : launcher) as HTMLElement).focus();
    emit('close');
  }

  function count(now: unknown): void {
    if (unread == now) return;
    unread = +(now as number) || 0;
    draw();
    emit('unread', unread);
  }

  /** One small request without credentials, and only where a conversation is under way. */
  async function ask(): Promise<void> {
    try {
      if (memory.hint && !isReady) {
        const answer = await fetch(`${server}/widget/v1/${site}/unread?hint=${memory.hint}`, {
          credentials: 'omit',
        });
        count((await answer.json()).unread);
      }
    } catch {
      // No network, or the shop's rules forbid it: no badge then.
    }
  }

  /** What the frame says: only these. */
  const heard: Commands = {
    ready() {
      isReady = true;
      waiting.splice(0).forEach((message) => tell(message.type, message));
      page();
      if (isOpen) frame!.focus();
      emit('ready');
    },
    close: hide,
    unread: (data) => count(data.count),
    keep: ({ hint, pending }) => remember({ hint, pending, leave: false }),
    event: (data) => emit(data.name, data.detail),
  };

  function hear({ origin: from, source, data }: MessageEvent): void {
    if (from == server && source === frame?.contentWindow && data.key == nonce) heard[data.type]?.(data);
  }

  function page(): void {
    draw();
    if (isReady) tell('page', { page: { url: location.href, title: document.title } });
    ask();
  }

  function setHidden(is?: boolean): void {
    isHidden = is;
    draw();
  }

  try {
    memory = JSON.parse(localStorage[site]);
  } catch {
    // Nothing is kept, or storage is refused.
  }
  sheet.replaceSync(STYLE);
  lock.replaceSync('html,body{overflow:hidden!important}');
  document.adoptedStyleSheets.push(lock);
  root.adoptedStyleSheets = [sheet];
  root.append(stand);
  stand.style.zIndex = options.zIndex as never;
  stand.style.setProperty('--y', options.y || '');
  panel.role = launcher.ariaHasPopup = 'dialog';
  panel.ariaLabel = config.name;
  launcher.onclick = () => (isOpen ? hide() : show());
  const { saveData, effectiveType }: Link = (navigator as { connection?: Link }).connection || {};
  if (!/2g|true/.test(`${saveData}${effectiveType}`)) {
    // A finger enters, too.
    listen(launcher, 'pointerenter', warm);
    listen(launcher, 'focus', warm);
  }
  listen(window, 'message', hear);
  listen(host, 'keydown', ({ key }: KeyboardEvent) => key == 'Escape' && hide());
  listen(visualViewport, 'resize', draw);
  listen(visualViewport, 'scroll', draw);
  if (memory.leave) tell('leave');
  if (memory.pending) warm();
  page();

  const commands: Commands = {
    boot({ user, hideLauncher }: BootOptions) {
      setHidden(hideLauncher);
      if (user) tell('identify', user);
    },
    show,
    hide,
    page,
    toggle: launcher.onclick as () => void,
    showLauncher: () => setHidden(),
    hideLauncher: () => setHidden(true),
    identify: (user: object) => tell('identify', user),
    newMessage: (text: string) => show('chat', { text }),
    setLocale: (to: string) => tell('locale', { locale: to }),
    setContext: (context: object) => tell('context', { context }),
    // What it is for comes with the cards.
    track: () => 0,
    get: async (what: string) => (what == 'unread' ? unread : { isOpen, unread }),
    /** Forget this shopper, also in a frame that has not been opened on this page. */
    shutdown() {
      remember({ hint: '', leave: true });
      hide();
      tell('leave');
      setHidden(true);
    },
  };
  config.cards?.(commands, root, launcher, words);
  return commands;
}
