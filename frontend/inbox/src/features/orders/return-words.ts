import type { OrderReturn } from '@aftercare/api';
import { money, t } from '@aftercare/ui';

/** The return and how far it is, and the service that tells it. */
export function titleOf(back: OrderReturn): string {
  const told = t('opanel.event.return', { number: back.number, state: t(`opanel.return.${back.state}`) });
  return back.service ? `${told} · ${t('opanel.back.by', { service: back.service })}` : told;
}

/** What the customer gets for a return, as far as it is known; a refund's sum stands beside it. */
export function gotFor(back: OrderReturn): string[] {
  const said: string[] = [];
  if (back.exchange_number) said.push(t('opanel.back.exchange', { number: back.exchange_number }));
  else if (back.outcome === 'exchange') said.push(t('opanel.back.exchangeOpen'));
  if (back.credit?.minor) said.push(t('opanel.back.credit', { amount: money(back.credit) }));
  else if (back.outcome === 'store_credit') said.push(t('opanel.back.creditOpen'));
  if (back.outcome === 'refund') said.push(t('opanel.back.refund'));
  return said;
}
