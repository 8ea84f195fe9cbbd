import { describe, expect, test, vi } from 'vitest';
import { readOwn, readWhen } from '$features/acting/when';
import { snoozeChoices } from '$lib/snooze';
import { Undo } from '$lib/undo.svelte';
import { useWords } from '@aftercare/ui';
import { en } from '@aftercare/ui/words/en';
import { daysLater, instantOf, wallIn } from '$lib/zone';

useWords('en', {}, en);

const BERLIN = 'Europe/Berlin';
// A Tuesday, 10:15 in Berlin.
const NOW = new Date('2026-11-24T09:15:00Z');
const iso = (date: Date | null) => date?.toISOString().slice(0, 16) ?? null;

describe('clock times of a place', () => {
  test('there and back again, all through a year', () => {
    for (let hour = 0; hour < 365 * 24; hour += 7) {
      const at = new Date(Date.UTC(2026, 0, 1, hour));
      const back = instantOf(wallIn(BERLIN, at), BERLIN);
      const isSecondOfTheRepeatedHour = at.getTime() - back.getTime() === 3_600_000;
      expect(isSecondOfTheRepeatedHour || back.getTime() === at.getTime(), at.toISOString()).toBe(true);
    }
  }, 60_000);

  test('an hour that spring skips is an hour later', () => {
    const skipped = { year: 2026, month: 3, day: 29, hour: 2, minute: 30 };
    expect(iso(instantOf(skipped, BERLIN))).toBe('2026-03-29T01:30');
  });

  test('nine in the morning stays nine across the change of clocks', () => {
    const friday = wallIn(BERLIN, new Date('2026-03-27T08:00:00Z'));
    expect(iso(instantOf(daysLater(friday, 3), BERLIN))).toBe('2026-03-30T07:00');
    expect(snoozeChoices(new Date('2026-03-27T20:00:00Z'), BERLIN).map((each) => iso(each.at))).toEqual([
      '2026-03-27T22:00',
      '2026-03-28T08:00',
      '2026-03-30T07:00',
      '2026-04-03T07:00',
    ]);
  });
});

describe('UX 24: times in words', () => {
  test.each([
    ['en', 'fri 14:30', '2026-11-27T13:30'],
    ['en', 'tomorrow', '2026-11-25T08:00'],
    ['en', 'tomorrow at 8', '2026-11-25T07:00'],
    ['en', 'in 3 hours', '2026-11-24T12:15'],
    ['en', '2h', '2026-11-24T11:15'],
    ['en', 'next week', '2026-12-01T08:00'],
    ['en', 'dec 3 17:00', '2026-12-03T16:00'],
    ['en', '9am', '2026-11-25T08:00'],
    ['de', 'fr 14:30', '2026-11-27T13:30'],
    ['de', 'morgen um 8 uhr', '2026-11-25T07:00'],
    ['fr', 'vendredi 14:30', '2026-11-27T13:30'],
    ['fr', 'demain', '2026-11-25T08:00'],
    ['es', 'viernes 14:30', '2026-11-27T13:30'],
    ['ru', 'завтра', '2026-11-25T08:00'],
    ['ru', 'пятница 14:30', '2026-11-27T13:30'],
    ['pl', 'jutro', '2026-11-25T08:00'],
    ['pl', 'pt 14:30', '2026-11-27T13:30'],
    ['cs', 'zítra 8:00', '2026-11-25T07:00'],
    ['cs', 'pátek 14:30', '2026-11-27T13:30'],
    ['th', 'พรุ่งนี้', '2026-11-25T08:00'],
    ['zh', '明天', '2026-11-25T08:00'],
  ])('%s: %s', async (language, text, wanted) => {
    expect(iso(await readWhen(text, NOW, BERLIN, language))).toBe(wanted);
  });

  test('the zone is the agent’s, not the browser’s', async () => {
    expect(iso(await readWhen('fri 14:30', NOW, 'America/New_York', 'en'))).toBe('2026-11-27T19:30');
  });

  test('what is past or no time at all is none', async () => {
    expect(await readWhen('the parcel', NOW, BERLIN, 'en')).toBeNull();
    expect(await readWhen('yesterday', NOW, BERLIN, 'en')).toBeNull();
    expect(readOwn('99:99', NOW, BERLIN, 'en')).toBeNull();
  });
});

describe('undo', () => {
  const toasts = () => ({ show: vi.fn(() => 1), dismiss: vi.fn() });

  test('takes back the last thing and names it; then the one before', async () => {
    const shown = toasts();
    const undo = new Undo(shown as never);
    const first = vi.fn();
    const second = vi.fn();
    undo.offer('first', first);
    undo.offer('second', second);
    undo.last();
    await Promise.resolve();
    expect(second).toHaveBeenCalledOnce();
    expect(first).not.toHaveBeenCalled();
    undo.last();
    expect(first).toHaveBeenCalledOnce();
  });

  test('says why something was not taken back', async () => {
    const shown = toasts();
    const undo = new Undo(shown as never);
    undo.offer('closed', () => Promise.resolve('A colleague was faster.'));
    undo.last();
    await vi.waitFor(() =>
      expect(shown.show).toHaveBeenCalledWith('A colleague was faster.', { kind: 'problem' }),
    );
  });
});
