import type { RoleLimit, RolePolicy } from '@aftercare/api/orders.ts';
import { digitsOf, minorOf, plainAmount } from './refund';

/** A line of limits as it is written. */
export interface LimitRow {
  currency: string;
  each: string;
  day: string;
}
export interface PolicyForm {
  role: string;
  rows: LimitRow[];
}

export function formOf(policy: RolePolicy): PolicyForm {
  const text = (minor: number | null, currency: string) =>
    minor === null ? '' : plainAmount(minor, currency);
  return {
    role: policy.role,
    rows: policy.limits.map(({ currency, per_action_minor, per_day_minor }) => ({
      currency,
      each: text(per_action_minor, currency),
      day: text(per_day_minor, currency),
    })),
  };
}

/** Null where something written is no amount or no currency. */
export function policyOf(form: PolicyForm, kinds: RolePolicy['kinds']): RolePolicy | null {
  const limits: RoleLimit[] = [];
  for (const row of form.rows) {
    const currency = row.currency.trim().toUpperCase();
    if (!/^[A-Z]{3}$/.test(currency)) return null;
    const read = (text: string) => (text.trim() === '' ? null : (minorOf(text, digitsOf(currency)) ?? NaN));
    const [per_action_minor, per_day_minor] = [read(row.each), read(row.day)];
    if (Number.isNaN(per_action_minor) || Number.isNaN(per_day_minor)) return null;
    limits.push({ currency, per_action_minor, per_day_minor });
  }
  return { role: form.role, kinds, limits };
}
