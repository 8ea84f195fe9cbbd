import { describe, expect, it } from 'vitest';
import { Shelf, type Unsent } from '../frame/kept';
import { Outbox, type Post } from '../frame/outbox';
import { Refusal } from '../frame/server';

const note = (id: string, conversation: string | null = null): Unsent => ({
  id,
  conversation,
  text: id,
  files: [],
  at: '2026-11-22T10:00:00Z',
});

/** A server of our own: what it got, and how it answers next. */
class World implements Post {
  got: Unsent[] = [];
  refusals: Refusal[] = [];
  waiting: (() => void)[] = [];

  async send(message: Unsent): Promise<{ conversation_id: string }> {
    this.got.push(message);
    const refusal = this.refusals.shift();
    if (refusal) throw refusal;
    return { conversation_id: 'c1' };
  }
  later(call: () => void): void {
    this.waiting.push(call);
  }
  changed(): void {}
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe('the outbox', () => {
  it('sends in order, and what follows belongs to the conversation that the first one began', async () => {
    const world = new World();
    const outbox = new Outbox(new Shelf('k', null), world);
    outbox.add(note('one'));
    outbox.add(note('two'));
    await settled();
    expect(world.got.map((each) => [each.id, each.conversation])).toEqual([
      ['one', null],
      ['two', 'c1'],
    ]);
    expect(outbox.all).toEqual([]);
  });

  it('keeps a message until it is answered for, also for the next page', async () => {
    const world = new World();
    world.refusals = [new Refusal(0, 'unreachable', '')];
    const stored = new Map<string, string>();
    const storage = {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => void stored.set(key, value),
    } as unknown as Storage;
    new Outbox(new Shelf('k', storage), world).add(note('one'));
    await settled();

    const next = new World();
    const again = new Outbox(new Shelf('k', storage), next);
    expect(again.all.map((each) => each.id)).toEqual(['one']);
    again.wake();
    await settled();
    expect(next.got.map((each) => each.id)).toEqual(['one']);
    expect(again.all).toEqual([]);
  });

  it('says what was refused and goes on with the rest', async () => {
    const world = new World();
    world.refusals = [new Refusal(422, 'too_long', '')];
    const outbox = new Outbox(new Shelf('k', null), world);
    outbox.add(note('bad'));
    outbox.add(note('good'));
    await settled();
    expect(outbox.all.map((each) => [each.id, each.isFailed])).toEqual([['bad', true]]);
    outbox.retry('bad');
    await settled();
    expect(world.got.map((each) => each.id)).toEqual(['bad', 'good', 'bad']);
  });

  it('waits when the server asks for it', async () => {
    const world = new World();
    world.refusals = [new Refusal(429, 'too_many', '', 7)];
    const outbox = new Outbox(new Shelf('k', null), world);
    outbox.add(note('one'));
    await settled();
    expect([world.got.length, world.waiting.length]).toEqual([1, 1]);
    world.waiting[0]!();
    await settled();
    expect(outbox.all).toEqual([]);
  });
});
