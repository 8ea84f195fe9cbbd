import { useWords } from '@aftercare/ui';
import { en } from '@aftercare/ui/words/en';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { appearance } from '$lib/appearance.svelte';
import { Commands, type Command } from '$lib/commands.svelte';
import { PRESETS, shortcuts, valid } from '$lib/shortcuts.svelte';

useWords('en', {}, en);

const command = (
  id: string,
  keys: string | undefined,
  run: () => void,
  more: Partial<Command> = {},
): Command => ({
  id,
  label: id,
  group: 'ticket',
  keys,
  run,
  ...more,
});

function press(
  commands: Commands,
  key: string,
  more: KeyboardEventInit = {},
  target: HTMLElement = document.body,
) {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more });
  target.addEventListener('keydown', (pressed) => commands.press(pressed), { once: true });
  target.dispatchEvent(event);
  return event.defaultPrevented;
}

beforeEach(() => {
  document.body.innerHTML = '';
  shortcuts.change(valid(null));
  appearance.change({ hasSingleKeys: true });
});
afterEach(() => vi.useRealTimers());

test('a key runs its command, and nothing while the command cannot be used', () => {
  const commands = new Commands();
  const run = vi.fn();
  let isOn = true;
  commands.add([command('close', 'e', run, { when: () => isOn })]);
  expect(press(commands, 'e')).toBe(true);
  isOn = false;
  expect(press(commands, 'e')).toBe(false);
  expect(run).toHaveBeenCalledTimes(1);
});

test('a sequence runs within its time, and not after it', () => {
  vi.useFakeTimers();
  const commands = new Commands();
  const go = vi.fn();
  const invite = vi.fn();
  commands.add([command('goInbox', 'g i', go), command('assignMe', 'i', invite)]);
  press(commands, 'g');
  press(commands, 'i');
  expect([go.mock.calls.length, invite.mock.calls.length]).toEqual([1, 0]);
  press(commands, 'g');
  vi.advanceTimersByTime(2_000);
  press(commands, 'i');
  expect([go.mock.calls.length, invite.mock.calls.length]).toEqual([1, 1]);
});

test('letters write in a field, only commands for fields work there', () => {
  const commands = new Commands();
  const close = vi.fn();
  const palette = vi.fn();
  commands.add([command('close', 'e', close), command('palette', 'mod+k', palette, { inFields: true })]);
  const field = document.body.appendChild(document.createElement('textarea'));
  press(commands, 'e', {}, field);
  press(commands, 'k', { ctrlKey: true }, field);
  expect([close.mock.calls.length, palette.mock.calls.length]).toEqual([0, 1]);
});

test('switched off, letters do nothing and ⌘K still works', () => {
  const commands = new Commands();
  const close = vi.fn();
  const palette = vi.fn();
  const next = vi.fn();
  commands.add([
    command('close', 'e', close),
    command('palette', 'mod+k', palette),
    command('goInbox', 'g i', close),
    command('next', 'j', next, { alsoKeys: ['ArrowDown'] }),
  ]);
  appearance.change({ hasSingleKeys: false });
  for (const key of ['e', 'g', 'i', 'j', '?']) press(commands, key);
  press(commands, 'k', { metaKey: true });
  press(commands, 'ArrowDown');
  expect([close.mock.calls.length, palette.mock.calls.length, next.mock.calls.length]).toEqual([0, 1, 1]);
  expect(commands.keys('close')).toBeUndefined();
  expect(commands.keys('palette')).toBe('mod+k');
});

test('other keys take the place of ours, in the list too', () => {
  const commands = new Commands();
  const close = vi.fn();
  commands.add([command('close', 'e', close)]);
  shortcuts.change({ keys: { close: 'd' } });
  press(commands, 'e');
  expect(close).not.toHaveBeenCalled();
  press(commands, 'd');
  expect(close).toHaveBeenCalledTimes(1);
  expect(commands.all.map((each) => each.keys)).toEqual(['d']);
  shortcuts.change({ keys: { close: '' } });
  expect(commands.all[0]?.keys).toBeUndefined();
});

test('a preset changes what it names and leaves the rest', () => {
  const commands = new Commands();
  const close = vi.fn();
  const undo = vi.fn();
  commands.add([command('close', 'e', close), command('undo', 'z', undo)]);
  shortcuts.change({ preset: 'chatwoot' });
  press(commands, '´', { altKey: true, code: 'KeyE' });
  press(commands, 'z');
  press(commands, 'e');
  expect([close.mock.calls.length, undo.mock.calls.length]).toEqual([1, 1]);
});

test('no preset gives two of its commands the same keys', () => {
  for (const keys of Object.values(PRESETS).map((each) => Object.values(each))) {
    expect(new Set(keys).size).toBe(keys.length);
  }
});

test('the screen that came last answers first', () => {
  const commands = new Commands();
  const everywhere = vi.fn();
  const here = vi.fn();
  commands.add([command('newTicket', 'c', everywhere)]);
  const leave = commands.add([command('newTicketForCustomer', 'c', here)]);
  press(commands, 'c');
  leave();
  press(commands, 'c');
  expect([here.mock.calls.length, everywhere.mock.calls.length]).toEqual([1, 1]);
});

test('Enter on a button is the button’s', () => {
  const commands = new Commands();
  const open = vi.fn();
  commands.add([command('open', 'Enter', open)]);
  press(commands, 'Enter', {}, document.body.appendChild(document.createElement('button')));
  expect(open).not.toHaveBeenCalled();
  press(commands, 'Enter');
  expect(open).toHaveBeenCalledTimes(1);
});

test('what was stored by somebody else is read with care', () => {
  expect(valid('nonsense')).toEqual({ preset: 'aftercare', keys: {} });
  expect(valid({ preset: 'vim', keys: { close: 3, next: 'n' } })).toEqual({
    preset: 'aftercare',
    keys: { next: 'n' },
  });
});

test('keys that are taken are named, and whoever had them has none afterwards', async () => {
  const { assigned, rivals } = await import('$features/shortcuts/conflicts');
  const all = [
    command('close', 'e', vi.fn()),
    command('goInbox', 'g i', vi.fn()),
    command('tags', 'l', vi.fn()),
  ];
  expect(rivals(all, 'tags', 'e').map((each) => each.id)).toEqual(['close']);
  expect(rivals(all, 'tags', 'g').map((each) => each.id)).toEqual(['goInbox']);
  expect(assigned(all, 'tags', 'e')).toEqual({ close: '', tags: 'e' });
  expect(assigned(all, 'tags', 'g')).toEqual({ tags: 'g' });
});

test('every command of every feature is declared without a ticket on screen', async () => {
  const { declared } = await import('$features/shortcuts/declared');
  const ids = (await declared()).map((each) => each.id);
  expect(ids).toEqual(expect.arrayContaining(['close', 'next', 'goInbox', 'assignMe', 'leftPane']));
  expect(new Set(ids).size).toBe(ids.length);
});

test('the page of keys lists the composer too, though no ticket is open', async () => {
  const { declared } = await import('$features/shortcuts/declared');
  const found = new Map((await declared()).map((each) => [each.id, each.keys]));
  for (const id of ['reply', 'note', 'macros', 'send', 'sendClose', 'sendLater', 'insertOrder'])
    expect(found.has(id), id).toBe(true);
  expect([found.get('reply'), found.get('send')]).toEqual(['r', 'mod+Enter']);
});
