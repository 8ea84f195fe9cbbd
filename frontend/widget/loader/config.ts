/**
 * What the server puts before the loader's code in /w/<site>.js. It leaves nothing out: /w.js gets
 * the values of a site that has set nothing.
 */
export interface Config {
  /** Empty in /w.js, where the script's data-site names it. */
  site: string;
  name: string;
  /**
   * What the shop chose, as declarations: its side and align-items, color-scheme, and as --a --o
   * --e --r --y the accent, what stands on it, its edge, the radius and the distance from below.
   */
  look: string;
  label: string;
  /** Stands on the launcher, where the shop wants words there. */
  /** By language; English is always there. */
  words: { en: Words; [language: string]: Words };
  /** Where else the shop can be reached: addresses and what they are called. */
  links: [address: string, name: string][];
  rules?: Rule[];
  /** Comes with the rules, from loader/proactive.ts. */
  cards?: Cards;
}

/** The few words of the launcher and its cards. */
export interface Words {
  open: string;
  close: string;
  unread: string;
  ask: string;
  blocked: string;
}

/** When a card may be shown above the launcher. What is not set does not matter. */
export interface Rule {
  id: string;
  text: string;
  button?: string;
  /** The page's address contains this. */
  path?: string;
  /** Seconds of rest on the page. */
  seconds?: number;
  /** The cart is worth at least this much. */
  cart_min?: number;
  /** Only for people who were here on an earlier day. */
  returning?: boolean;
  /** Only after track() with this name. */
  event?: string;
  /** Also on pages that look like a checkout. */
  checkout?: boolean;
}

/** Adds what the cards do to the page's calls. */
export type Cards = (
  commands: Record<string, (value?: never) => unknown>,
  root: ShadowRoot,
  launcher: HTMLElement,
  words: Words,
) => void;

declare const aftercareConfig: Config;

export const config = aftercareConfig;
