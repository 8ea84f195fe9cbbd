// Cards above the launcher. The server puts this before the loader only where a site has rules.
import { config, type Rule } from './config';
import { make } from './make';
import { fits, type Kept } from './rules';

const KEY = 'aftercare-cards';
const LOOK = `.c{width:300px;padding:16px;animation:c .18s}
.c h2{font-size:13px;opacity:.75;margin:0 32px 8px 0}.c p{margin:0}
.g{display:block;width:100%;min-height:44px;margin-top:12px;border-radius:calc(var(--r)*.6);box-shadow:inset 0 0 0 1px #85867e;font-weight:600;cursor:pointer}
.x{position:absolute;top:4px;right:4px;padding:9px;cursor:pointer}.x::before{display:block;transform:scale(.7)}
@keyframes c{0%{opacity:0}}@media(max-width:480px){.c{width:272px;padding:12px 14px}.g{display:none}}`;

/** At most one card in a visit, however many pages it has. */
function isFirstInVisit(): boolean {
  try {
    const isFirst = !sessionStorage.getItem(KEY);
    sessionStorage.setItem(KEY, '1');
    return isFirst;
  } catch {
    return true;
  }
}

function kept(): Kept {
  try {
    return JSON.parse(localStorage.getItem(KEY) || '{}') as Kept;
  } catch {
    return {};
  }
}

function remember(changes: Kept): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...kept(), ...changes }));
  } catch {
    // Storage is refused.
  }
}

config.cards = (commands, root, launcher, words) => {
  const { rules = [] } = config;
  const { show, page, setContext } = commands as Record<string, (...values: unknown[]) => unknown>;
  const today = new Date().toISOString().slice(0, 10);
  const events = new Set<string>();
  const card = make('div', 'c');
  const look = new CSSStyleSheet();
  let shown: Rule | null = null;
  let timers: ReturnType<typeof setTimeout>[] = [];
  let cart = 0;

  function close(): void {
    shown = null;
    card.hidden = true;
  }

  function dismiss(): void {
    if (shown) remember({ gone: { ...kept().gone, [shown.id]: Date.now() } });
    close();
  }

  function propose(rule: Rule): void {
    const moment = { url: location.href, cart, events, today, now: Date.now() };
    const isFree = !shown && !launcher.hidden && launcher.ariaExpanded !== 'true';
    if (!isFree || !fits(rule, moment, kept()) || !isFirstInVisit()) return;
    shown = rule;
    const go = make('button', 'g', rule.button || words.ask);
    const text = make('p', '', rule.text);
    const cross = make('button', 'x');
    cross.ariaLabel = words.close;
    cross.onclick = dismiss;
    go.onclick = text.onclick = () => {
      close();
      show!('chat', { greeting: rule.text });
    };
    card.replaceChildren(make('h2', '', config.name), text, go, cross);
    card.hidden = false;
  }

  look.replaceSync(LOOK);
  root.adoptedStyleSheets.push(look);
  card.role = 'status';
  card.hidden = true;
  launcher.parentElement!.prepend(card);
  launcher.addEventListener('click', close);
  addEventListener('keydown', (event) => event.key === 'Escape' && shown && dismiss());
  if (!kept().since && rules.some((rule) => rule.returning)) remember({ since: today });

  /** The rules get their seconds of rest: on a new page, after an event, for another cart. */
  function plan(): void {
    timers.forEach(clearTimeout);
    timers = rules.map((rule) => setTimeout(propose, (rule.seconds ?? 4) * 1000, rule));
  }

  Object.assign(commands, {
    show(...values: unknown[]) {
      close();
      show!(...values);
    },
    page() {
      page!();
      plan();
    },
    track(name: string) {
      events.add(name);
      plan();
    },
    setContext(context: { cart?: { total?: number } }) {
      cart = context.cart?.total ?? cart;
      setContext!(context);
      plan();
    },
  });
  plan();
};
