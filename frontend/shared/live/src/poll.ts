import type { EventPage, Frames } from '@aftercare/api';
import type { SocketLike } from './connection';
import type { ClientFrame, PresenceFrame, ServerFrame } from './events';

/** The server over plain HTTP. Each call raises a problem with a `status`; 401: nobody is signed in. */
export interface Doors {
  events(after: number, epoch: string): Promise<EventPage>;
  waitForEvents(query: Record<string, string | number | null>, signal: AbortSignal): Promise<Frames>;
  bePresent(body: Record<string, unknown>): Promise<unknown>;
}

export const SIGNED_OUT = 4401;
export const LOST = 1006;
const SAY_AGAIN_MS = 12_000;
const LEAST_PAUSE_MS = 250;

export function closeCodeOf(problem: unknown): number {
  return (problem as { status?: number } | null)?.status === 401 ? SIGNED_OUT : LOST;
}

/** Looks like a socket and is a long poll: asks, hands on the frames, asks again. */
export class PollSocket implements SocketLike {
  onopen: SocketLike['onopen'] = null;
  onmessage: SocketLike['onmessage'] = null;
  onclose: SocketLike['onclose'] = null;
  private at: { since: number; epoch: string; rights: string | null } | null = null;
  private round = new AbortController();
  private place: PresenceFrame | null = null;
  private placeTimer: ReturnType<typeof setInterval> | undefined;
  private isClosed = false;

  constructor(private readonly doors: Doors) {
    setTimeout(() => this.isClosed || this.onopen?.());
  }

  send(text: string): void {
    const frame = JSON.parse(text) as ClientFrame;
    if (frame.type === 'presence') this.say(frame);
    else if (frame.type === 'pull') {
      if (this.at) this.at.since = frame.cursor;
    } else {
      this.round.abort();
      this.round = new AbortController();
      this.at = { since: frame.cursor, epoch: frame.epoch ?? '', rights: frame.rights ?? null };
      void this.ask(this.round.signal);
    }
  }

  close(): void {
    if (this.place?.ticket_id) this.post({ ...this.place, ticket_id: null });
    this.end();
  }

  private async ask(signal: AbortSignal): Promise<void> {
    let told = '';
    let recount: number | null = 1;
    let isFirst = true;
    while (!signal.aborted && this.at) {
      const began = Date.now();
      try {
        const answer = await this.doors.waitForEvents({ ...this.at, told, recount }, signal);
        if (signal.aborted) return;
        told = answer.told;
        recount = this.hand(answer.frames as ServerFrame[], isFirst) ? 1 : null;
      } catch (problem) {
        if (!signal.aborted) this.lose(closeCodeOf(problem));
        return;
      }
      isFirst = false;
      const pause = LEAST_PAUSE_MS - (Date.now() - began);
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** Hands the frames on and tells whether events were among them. */
  private hand(frames: readonly ServerFrame[], isFirst: boolean): boolean {
    let hasEvents = false;
    let head = 0;
    for (const frame of frames) {
      if (frame.type === 'hello') {
        head = frame.head;
        if (isFirst) this.deliver(frame);
        continue;
      }
      this.deliver(frame);
      if (frame.type !== 'batch') continue;
      hasEvents ||= frame.events.length > 0;
      if (this.at && frame.from <= this.at.since) this.at.since = Math.max(this.at.since, frame.upto);
    }
    if (!isFirst && this.at) this.deliver({ type: 'ping', head: Math.max(head, this.at.since) });
    return hasEvents;
  }

  private deliver(frame: ServerFrame): void {
    if (!this.isClosed) this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** Presence lasts half a minute at the server, so it is said again. */
  private say(frame: PresenceFrame): void {
    this.place = frame;
    this.post(frame);
    clearInterval(this.placeTimer);
    if (frame.ticket_id) this.placeTimer = setInterval(() => this.post(frame), SAY_AGAIN_MS);
  }

  private post({ page, ticket_id, state }: PresenceFrame): void {
    this.doors.bePresent({ page, ticket_id, state }).catch(() => undefined);
  }

  private lose(code: number): void {
    if (this.isClosed) return;
    this.end();
    this.onclose?.({ code });
  }

  private end(): void {
    this.isClosed = true;
    this.round.abort();
    clearInterval(this.placeTimer);
  }
}
