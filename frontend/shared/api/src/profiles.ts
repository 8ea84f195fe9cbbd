import { request } from './http';
import type { Id, Instant } from './records';

// What loyalty programmes and newsletters know of a customer: loaded with the cards that show it.

export type Consent = '' | 'subscribed' | 'unsubscribed' | 'never_subscribed';

export interface Loyalty {
  points: number;
  pending_points: number | null;
  tier: string;
  tier_ends_at: Instant | null;
  next_tier: string;
  points_to_next: number | null;
  referral_url: string;
  referred_count: number | null;
  rewards_claimed: number | null;
  joined_at: Instant | null;
  is_blocked: boolean;
}

export interface Marketing {
  email_consent: Consent;
  sms_consent: Consent;
  is_blocked: boolean;
  lists: string[];
  /** In whole units of `currency`. */
  predicted_value: number | null;
  historic_value: number | null;
  churn_percent: number | null;
  next_order_at: Instant | null;
  currency: string;
}

export interface Profile {
  id: Id;
  service: { id: Id; kind: string; name: string; group: string; program: string };
  email: string;
  url: string;
  loyalty: Loyalty | null;
  marketing: Marketing | null;
  as_of: Instant;
}

export interface CustomerProfiles {
  profiles: Profile[];
  /** A service is being asked: `profile.updated` comes when it has answered. */
  is_awaited: boolean;
}

/** Raises ApiProblem. */
export const profilesApi = {
  ofCustomer: async (id: Id) =>
    (await request<CustomerProfiles>('GET', `/api/v1/customers/${id}/profiles`)).data,
};
