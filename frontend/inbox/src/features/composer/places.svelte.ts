import { api, type ReplyPlace } from '@aftercare/api';

/** Where the ticket's customer can be answered now. Asked of the server: it knows the windows. */
export class Places {
  list = $state.raw<readonly ReplyPlace[]>([]);
  private asked = 0;

  async load(ticketId: string): Promise<void> {
    const asked = ++this.asked;
    try {
      const { results } = await api.replyPlaces(ticketId);
      if (asked === this.asked) this.list = results;
    } catch {
      // The composer goes on with the channel of the newest message; the server judges again.
    }
  }

  /** The place of a channel that was chosen, else the one the server would take. */
  chosen(channelId: string | null): ReplyPlace | undefined {
    return channelId === null
      ? this.list.find((each) => each.is_default)
      : this.list.find((each) => each.channel_id === channelId);
  }
}

/** Whether a message with these words may leave: only a template may, where the window is closed. */
export const isOpen = (place: ReplyPlace): boolean =>
  place.is_reachable && !(place.modes.length === 1 && place.modes[0] === 'template');
