import { clock } from '@aftercare/ui';
import { agentZone } from '$lib/zone';
import { todayIn } from './days';

/** Which day it is in the shop: its zone is told by the first report, until then the browser's counts. */
class Today {
  zone = $state(agentZone(undefined));
  readonly day = $derived(todayIn(this.zone, clock.now));
}

export const today = new Today();
