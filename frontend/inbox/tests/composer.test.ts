import type { RenderedMacro } from '@aftercare/api';
import { expect, test } from 'vitest';
import { readAddresses, writeAddresses } from '$features/composer/addresses';
import { mentionsAttachment } from '$features/composer/attachment-words';
import {
  hasPlaceholder,
  moveSpans,
  pieces,
  sentenceAround,
  spansOf,
  stillMissing,
} from '$features/composer/spans';

function rendered(text: string, part: Partial<RenderedMacro> = {}): RenderedMacro {
  return {
    text,
    html: '',
    subject: null,
    language: 'en',
    missing: [],
    obstacles: [],
    languages: [],
    order_basis: '',
    spans: [],
    order: null,
    orders: [],
    actions: [],
    ...part,
  };
}

test('places counted in code points land on the right letters behind an emoji', () => {
  const macro = rendered('👋 Hi Mia', {
    spans: [{ start: 5, end: 8, path: 'customer.first_name', value: 'Mia' }],
  });
  const [span] = spansOf(macro, 0);
  expect(macro.text.slice(span?.start, span?.end)).toBe('Mia');
});

test('a missing value is a span of its own and blocks until it is filled', () => {
  const macro = rendered('To ⟦order.tracking_url⟧ now', {
    missing: [{ path: 'order.tracking_url', reason: 'None yet.', sentence: '' }],
  });
  const spans = spansOf(macro, 0);
  expect(spans).toEqual([{ start: 3, end: 23, path: 'order.tracking_url', isMissing: true }]);
  expect(stillMissing(macro.missing, spans)).toHaveLength(1);
  const filled = 'To https://track.example now';
  expect(stillMissing(macro.missing, moveSpans(spans, macro.text, filled))).toEqual([]);
});

test('typing before a value moves it, typing behind it leaves it', () => {
  const spans = [{ start: 3, end: 8, path: 'order.number', isMissing: false }];
  expect(moveSpans(spans, 'no #1042.', 'the no #1042.')).toEqual([{ ...spans[0], start: 7, end: 12 }]);
  expect(moveSpans(spans, 'no #1042.', 'no #1042. Bye')).toEqual(spans);
});

test('the pieces put together are the text', () => {
  const text = 'Hi Mia, order #1042.';
  const spans = [
    { start: 14, end: 19, path: 'a', isMissing: false },
    { start: 3, end: 6, path: 'b', isMissing: true },
  ];
  expect(
    pieces(text, spans)
      .map((piece) => piece.text)
      .join(''),
  ).toBe(text);
  expect(pieces(text, spans).map((piece) => piece.kind)).toEqual([
    'plain',
    'missing',
    'plain',
    'filled',
    'plain',
  ]);
});

test('dropping a sentence takes that sentence and no other', () => {
  const text = 'Hi Mia. Your parcel is at X. Bye.';
  const { start, end } = sentenceAround(text, 26, 27);
  expect(text.slice(0, start) + text.slice(end)).toBe('Hi Mia. Bye.');
});

test('nothing in curly brackets leaves', () => {
  expect(hasPlaceholder('Hi {{ customer.name }}')).toBe(true);
  expect(hasPlaceholder('see ⟦x⟧')).toBe(true);
  expect(hasPlaceholder('a {normal} brace')).toBe(false);
});

test('a promise of an attachment is noticed in several languages, a quoted one is not', () => {
  expect(mentionsAttachment('I have attached the label.')).toBe(true);
  expect(mentionsAttachment('Die Rechnung finden Sie im Anhang.')).toBe(true);
  expect(mentionsAttachment('> see attached')).toBe(false);
  expect(mentionsAttachment('I am attacked by moths')).toBe(false);
});

test('addresses are read and written with their names', () => {
  const read = readAddresses('Mia Laurent <mia@posteo.example>, jo@post.example');
  expect(read).toEqual([
    { name: 'Mia Laurent', address: 'mia@posteo.example' },
    { name: '', address: 'jo@post.example' },
  ]);
  expect(writeAddresses(read)).toBe('Mia Laurent <mia@posteo.example>, jo@post.example');
});
