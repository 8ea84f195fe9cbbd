import type { Address, Channel, Customer, Message } from '@aftercare/api';

const keyOf = (address: Address) => address.address.trim().toLowerCase();

/** Everybody once, in the order they are named, without those to leave out. */
export function unique(addresses: readonly Address[], without: Iterable<string> = []): Address[] {
  const seen = new Set([...without].map((each) => each.toLowerCase()));
  return addresses.filter((each) => {
    const key = keyOf(each);
    if (!key || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

export interface Recipients {
  to: Address[];
  cc: Address[];
}

const newestInbound = (messages: readonly Message[]) =>
  messages.findLast(
    (message) => message.direction === 'in' && message.kind === 'customer' && message.from_address,
  );

/** Whom an answer goes to: the newest message's sender, else the customer's first address. */
export function defaultTo(messages: readonly Message[], customer: Partial<Customer> | undefined): Address[] {
  const newest = newestInbound(messages);
  if (newest?.from_address) return [newest.from_address];
  const handle = customer?.handles?.find((each) => each.kind === 'email');
  return handle ? [{ name: customer?.name ?? '', address: handle.value }] : [];
}

/** Answering all: who wrote, and in copy everybody else who got it; never ourselves, nobody twice. */
export function replyAll(
  messages: readonly Message[],
  customer: Partial<Customer> | undefined,
  channels: Iterable<Pick<Channel, 'address'>>,
): Recipients {
  const to = defaultTo(messages, customer);
  const newest = newestInbound(messages);
  const ours = [...channels].map((channel) => channel.address).filter(Boolean);
  const others = newest ? [...newest.to, ...newest.cc] : [];
  return { to, cc: unique(others, [...ours, ...to.map(keyOf)]) };
}

export type Unreachable = 'paused' | 'failing' | 'no_address' | 'other_kind';

/** Why a channel cannot carry a message to this customer; null when it can. */
export function unreachable(channel: Channel, customer: Partial<Customer> | undefined): Unreachable | null {
  if (!channel.is_active) return 'paused';
  if (channel.kind !== 'email') return 'other_kind';
  if (!customer?.handles?.some((each) => each.kind === 'email')) return 'no_address';
  return null;
}

/** People one may mean: the customer's own addresses and everybody who was in this conversation. */
export function suggestions(
  messages: readonly Message[],
  customer: Partial<Customer> | undefined,
): Address[] {
  const own = (customer?.handles ?? [])
    .filter((each) => each.kind === 'email')
    .map((each) => ({ name: customer?.name ?? '', address: each.value }));
  const named = messages.flatMap((each) => [
    ...(each.from_address ? [each.from_address] : []),
    ...each.to,
    ...each.cc,
  ]);
  return unique([...own, ...named]);
}
