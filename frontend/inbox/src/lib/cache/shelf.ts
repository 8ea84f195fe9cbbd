import type {
  Bootstrap,
  LightCustomer,
  Message,
  Order,
  SpendSummary,
  Ticket,
  TicketPage,
  TimelineEvent,
} from '@aftercare/api';
import type { Cursor, LiveRecords } from '@aftercare/live';
import { ForeseenTickets } from '../foreseen';
import { readStored } from '../storage';
import { openCupboard, type Cupboard, type ShelfName } from './cupboard';

/** A conversation as it was when it was last on screen. */
export interface KeptThread {
  ticket: Ticket;
  customer: LightCustomer | undefined;
  messages: Message[];
  timeline: readonly TimelineEvent[];
  openedAt: number;
}
export interface KeptOrders {
  orders: readonly Order[];
  summary: SpendSummary | null;
}
interface KeptStart {
  build: string;
  savedAt: number;
  bootstrap: Bootstrap;
}

const THREADS_KEPT = 500;
const MESSAGES_PER_THREAD = 100;
const LISTS_KEPT = 40;
const TOO_OLD_MS = 7 * 24 * 3_600_000;
const TRIM_EVERY = 25;

/**
 * What a page leaves for the next one: the first screen, lists, opened conversations, orders. It is
 * only ever painted first; the event log from the kept cursor on, and a fresh answer of whatever is
 * opened, have the last word.
 */
export class Shelf {
  private cupboard: Promise<Cupboard> | null = null;
  private writes = 0;

  constructor(
    private readonly build: string,
    private readonly open: () => Promise<Cupboard> = openCupboard,
  ) {}

  /** The kept first screen, if this build wrote it for the person who worked here last. */
  async start(): Promise<KeptStart | null> {
    const kept = await (await this.place()).read<KeptStart>('start', 'start');
    const owner = readStored<string | null>('owner', null);
    if (!kept || kept.build !== this.build || kept.bootstrap.me.id !== owner) return null;
    return Date.now() - kept.savedAt < TOO_OLD_MS ? kept : null;
  }

  /** Keeps catalogues and cursor together: they are of the same moment. */
  async keepStart(bootstrap: Bootstrap, records: LiveRecords, event: Cursor): Promise<void> {
    const kept: Bootstrap = {
      ...bootstrap,
      users: [...records.users.values()],
      teams: [...records.teams.values()],
      tags: [...records.tags.values()],
      channels: [...records.channels.values()],
      views: [...records.views.values()],
      macros: [...records.macros.values()],
      view_order: [...(records.viewOrder.get(bootstrap.me.id) ?? [])],
      unread_notifications: [...records.unread.values()],
      event,
    };
    await this.keep(
      'start',
      'start',
      { build: this.build, savedAt: Date.now(), bootstrap: kept },
      kept.me.id,
    );
  }

  async list(key: string): Promise<TicketPage | undefined> {
    return (await (await this.place()).read<{ page: TicketPage }>('lists', key))?.page;
  }

  async keepList(key: string, page: TicketPage): Promise<void> {
    await this.keep('lists', key, { page, openedAt: Date.now(), key });
  }

  async thread(ticketId: string): Promise<KeptThread | undefined> {
    return (await this.place()).read<KeptThread>('threads', ticketId);
  }

  /** Keeps the newest part of a conversation that is in the records. */
  async keepThread(records: LiveRecords, ticketId: string): Promise<void> {
    const { tickets } = records;
    const ticket = tickets instanceof ForeseenTickets ? tickets.told(ticketId) : tickets.get(ticketId);
    const timeline = records.timeline.get(ticketId);
    if (!ticket || !timeline) return;
    const ids = (records.messageIds.get(ticketId) ?? []).slice(-MESSAGES_PER_THREAD);
    const messages = ids.flatMap((id) => records.messages.get(id) ?? []);
    const customer = records.customers.get(ticket.customer_id);
    const kept: KeptThread = { ticket, customer, messages, timeline, openedAt: Date.now() };
    await this.keep('threads', ticketId, kept);
  }

  /** It is out of this person's sight, or gone for good. */
  async forgetThread(ticketId: string): Promise<void> {
    await (await this.place()).remove('threads', [ticketId]);
  }

  async orders(customerId: string): Promise<KeptOrders | undefined> {
    return (await this.place()).read<KeptOrders>('orders', customerId);
  }

  async keepOrders(customerId: string, kept: KeptOrders): Promise<void> {
    await this.keep('orders', customerId, { ...kept, openedAt: Date.now() });
  }

  /** Nothing of the shop's data stays; with `isEverything` not even what was not sent yet. */
  async wipe(isEverything = false): Promise<void> {
    const shelves: ShelfName[] = ['start', 'lists', 'threads', 'orders'];
    await (await this.place()).clear(isEverything ? [...shelves, 'unsent'] : shelves);
  }

  private place(): Promise<Cupboard> {
    return (this.cupboard ??= this.open());
  }

  /** Writes for the person who is signed in; after signing out in another tab nothing is written. */
  private async keep(shelf: ShelfName, key: string, value: object, userId?: string): Promise<void> {
    const owner = readStored<string | null>('owner', null);
    if (owner === null || (userId !== undefined && owner !== userId)) return;
    const cupboard = await this.place();
    const isKept = await cupboard.write(shelf, [[key, value]]);
    this.writes += 1;
    if (!isKept || this.writes % TRIM_EVERY === 0) await this.trim(cupboard, isKept ? 1 : 0.5);
  }

  /** Lets go of what was opened longest ago; of twice as much when the browser has no room. */
  private async trim(cupboard: Cupboard, share: number): Promise<void> {
    for (const [shelf, most] of [
      ['threads', THREADS_KEPT],
      ['orders', THREADS_KEPT],
      ['lists', LISTS_KEPT],
    ] as const) {
      const keys = await cupboard.keys(shelf);
      if (keys.length <= most * share) continue;
      const values = await cupboard.readAll<{ openedAt: number }>(shelf);
      const byAge = keys.map((key, index) => ({ key, openedAt: values[index]?.openedAt ?? 0 }));
      byAge.sort((a, b) => b.openedAt - a.openedAt);
      await cupboard.remove(
        shelf,
        byAge.slice(Math.floor(most * share)).map(({ key }) => key),
      );
    }
  }
}
