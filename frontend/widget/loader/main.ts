import { config } from './config';
import { launch, type BootOptions, type Commands } from './launch';

type Call = Iterable<unknown>;
type Api = { (...call: unknown[]): unknown; q?: Call[]; is?: true };
type Listener = (detail?: unknown) => void;

const page = window as unknown as { helpdesk?: Api; navigation?: EventTarget };
const script = document.currentScript as HTMLScriptElement;
const siteHere = config.site || script.dataset.site;
const listeners: Record<string, Set<Listener>> = {};
/** What was called before the launcher stands. */
const early: Call[] = [];
const asked = {} as BootOptions;
let standing: Commands | undefined;

function guard(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    console.error(error);
    return;
  }
}

const emit = (name: string, detail?: unknown): void =>
  listeners[name]?.forEach((listener) => guard(() => listener(detail)));

/** Once the page has loaded and rests; a page drawn ahead of time only when somebody sees it. */
function whenIdle(): void {
  if ((document as { prerendering?: boolean }).prerendering)
    document.addEventListener('prerenderingchange', whenIdle);
  else if (document.readyState != 'complete') addEventListener('load', whenIdle);
  else (self.requestIdleCallback || setTimeout)(start, { timeout: 5000 } as never);
}

function start(): void {
  const site = asked.site || siteHere;
  if (standing || !site) return;
  asked.y = script.dataset.offsetBottom;
  const locale = asked.locale || document.documentElement.lang || navigator.language;
  standing = launch(new URL(script.src).origin, site, locale, asked, emit);
  standing.boot!(asked);
  early.splice(0).forEach(run);
}

/** These do not need the launcher. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a shop's page passes what it likes
const commands: Record<string, (value?: any, more?: any) => unknown> = {
  boot(options: Partial<BootOptions> = {}) {
    Object.assign(asked, options);
    if (standing) standing.boot!(options);
    else whenIdle();
  },
  on(name: string, listener: Listener) {
    (listeners[name] ||= new Set()).add(listener);
    return () => commands.off!(name, listener);
  },
  off: (name: string, listener: Listener) => listeners[name]?.delete(listener),
};

function run(call: Call): unknown {
  const [name, ...values] = [...call] as [string, unknown];
  return guard(() => {
    if (commands[name]) return commands[name]!(...(values as [unknown]));
    if (/^(show|toggle|newM|get)/.test(name)) start();
    if (!standing) return early.push(call);
    if (standing[name]) return standing[name]!(...(values as [unknown]));
    // Once is enough.
    standing[name] = () => 0;
    return console.warn('helpdesk: no ' + name);
  });
}

if (!page.helpdesk?.is) {
  const queue = page.helpdesk?.q || [];
  page.helpdesk = Object.assign((...call: unknown[]) => run(call), { is: true as const });
  // Somebody may still hold the stub that was there before us.
  queue.push = run as never;
  page.navigation?.addEventListener('navigatesuccess', () => standing?.page!());
  if (siteHere) whenIdle();
  queue.forEach(run);
}
