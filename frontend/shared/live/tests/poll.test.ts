import { expect, test, vi } from 'vitest';
import type { Frames } from '@aftercare/api';
import { PollSocket } from '../src/poll';
import type { ServerFrame } from '../src/events';

const asked: Record<string, unknown>[] = [];
let answers: (() => Promise<Frames>)[] = [];
const posted: Record<string, unknown>[] = [];

function socket(): PollSocket {
  asked.length = posted.length = 0;
  return new PollSocket({
    events: () => Promise.reject(new Error('not here')),
    waitForEvents: (query, signal) => {
      asked.push({ ...query });
      const next = answers.shift();
      return next?.() ?? new Promise((_, reject) => signal.addEventListener('abort', reject));
    },
    bePresent: (body) => Promise.resolve(posted.push(body)),
  });
}

const answer =
  (frames: ServerFrame[], told = 'x') =>
  () =>
    Promise.resolve({ told, frames });
const hello = (head: number): ServerFrame => ({ type: 'hello', cursor: 0, epoch: 'e', head });
const batch = (from: number, upto: number): ServerFrame => ({ type: 'batch', from, upto, events: [] });

test('asks on from what it handed over, and tells what it knows', async () => {
  vi.useFakeTimers();
  answers = [answer([hello(12)], 'p1'), answer([hello(12), batch(10, 12)], 'p2')];
  const poll = socket();
  const heard: string[] = [];
  poll.onmessage = ({ data }) => heard.push((JSON.parse(String(data)) as ServerFrame).type);
  poll.onopen = () => poll.send(JSON.stringify({ type: 'hello', cursor: 10, epoch: 'e', rights: 'r' }));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(asked.map(({ since, told, rights }) => [since, told, rights])).toEqual([
    [10, '', 'r'],
    [10, 'p1', 'r'],
    [12, 'p2', 'r'],
  ]);
  expect(heard).toEqual(['hello', 'batch', 'ping']);
  poll.close();
  vi.useRealTimers();
});

test('an ended session closes as a socket would, and so does a lost line', async () => {
  for (const [status, code] of [
    [401, 4401],
    [0, 1006],
  ]) {
    answers = [() => Promise.reject(Object.assign(new Error(), { status }))];
    const poll = socket();
    const closed = new Promise<number>((resolve) => (poll.onclose = (event) => resolve(event.code)));
    poll.onopen = () => poll.send(JSON.stringify({ type: 'hello', cursor: 1, epoch: 'e' }));
    expect(await closed).toBe(code);
  }
});

test('presence is said again while it lasts, and taken back at the end', async () => {
  vi.useFakeTimers();
  answers = [];
  const poll = socket();
  poll.send(JSON.stringify({ type: 'presence', page: 'a', ticket_id: 't', state: 'viewing' }));
  await vi.advanceTimersByTimeAsync(25_000);
  poll.close();
  await vi.advanceTimersByTimeAsync(25_000);
  expect(posted.map((each) => each.ticket_id)).toEqual(['t', 't', 't', null]);
  vi.useRealTimers();
});
