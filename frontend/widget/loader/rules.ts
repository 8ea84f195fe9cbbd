import type { Rule } from './config';

/** What the page and the shopper are like right now. */
export interface Moment {
  url: string;
  cart: number;
  events: ReadonlySet<string>;
  today: string;
  now: number;
}

/** What is remembered in the shop's own storage, for these rules only. */
export interface Kept {
  /** When cards were dismissed, by the rule's id. */
  gone?: Record<string, number>;
  /** The day of the first visit, where a rule asks for it. */
  since?: string;
}

const THIRTY_DAYS = 2592e6;

/** Whether the rule's card may be shown, apart from its seconds of rest. */
export function fits(rule: Rule, moment: Moment, kept: Readonly<Kept>): boolean {
  return (
    (rule.checkout || !/check-?out|\/pay/i.test(moment.url)) &&
    (!rule.path || moment.url.includes(rule.path)) &&
    moment.cart >= (rule.cart_min || 0) &&
    (!rule.event || moment.events.has(rule.event)) &&
    (!rule.returning || (kept.since || moment.today) < moment.today) &&
    moment.now - (kept.gone?.[rule.id] || 0) > THIRTY_DAYS
  );
}
