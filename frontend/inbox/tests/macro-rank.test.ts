import type { MacroSuggestion, RenderedMacro, Ticket } from '@aftercare/api';
import { describe, expect, it } from 'vitest';
import { rankMacros, withValue } from '../src/features/macros/rank';

const macro = (id: string, name: string, folder = '') => ({ id, name, folder });
const ticket = { tags: ['cancellation'], intent: null } as unknown as Ticket;
const said = (id: string, reason: MacroSuggestion['reason']): MacroSuggestion => ({
  id,
  reason,
  usage_count: 0,
  csat: null,
  csat_count: 0,
});
const all = [macro('a', 'Thank you'), macro('b', 'Cancel: done', 'Cancel'), macro('c', 'Returns', 'Back')];
const names = (...args: Parameters<typeof rankMacros>) => rankMacros(...args).map((each) => each.macro.id);

describe('macros in the palette', () => {
  it('stand by name, then as the server ranks them', () => {
    const server = [said('c', 'intent'), said('b', 'tags'), said('a', '')];
    expect(names(all, '', ticket, [], server)).toEqual(['c', 'b', 'a']);
    expect(names(all, 'cancel', ticket, [], server)).toEqual(['b']);
    expect(rankMacros(all, '', ticket, [], server).map((each) => each.heading)).toEqual([
      'macros.best',
      null,
      'macros.others',
    ]);
  });
  it('are guessed until the server has answered', () => {
    expect(names(all, '', ticket, ['a'])).toEqual(['b', 'a', 'c']);
  });
  it('are asked for by folder with a number sign', () => {
    expect(names(all, '#back', ticket, [])).toEqual(['c']);
  });
});

describe('a missing value that is chosen in the palette', () => {
  const rendered = {
    text: '😀 Back to ⟦order.refund.method⟧, Mia.',
    missing: [{ path: 'order.refund.method', reason: '', sentence: '' }],
    spans: [{ start: 33, end: 36, path: 'customer.first_name', value: 'Mia' }],
  } as unknown as RenderedMacro;
  it('stands in the text, and what is behind it moves along', () => {
    const filled = withValue(rendered, 'order.refund.method', 'Visa •4242');
    expect(filled.text).toBe('😀 Back to Visa •4242, Mia.');
    expect(filled.missing).toEqual([]);
    const [span] = filled.spans;
    expect([...filled.text].slice(span?.start, span?.end).join('')).toBe('Mia');
  });
});
