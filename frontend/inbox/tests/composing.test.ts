import type { Message } from '@aftercare/api';
import { expect, test } from 'vitest';
import { readAddresses } from '$features/composer/addresses';
import { mentionsAttachment } from '$features/composer/attachment-words';
import {
  documentOf,
  documentOfText,
  htmlOf,
  isPlain,
  placeOf,
  textOf,
} from '$features/composer/editor/content';
import { capped, cleanPasted, sliceOfText } from '$features/composer/editor/paste';
import { asLink, fileIdOf } from '$features/composer/editor/schema';
import { findEmoji } from '$features/composer/emoji';
import { doubtAbout, faultIn, findLeftover } from '$features/composer/guards';
import { asLocalInput, momentFrom } from '$features/composer/later';
import { defaultTo, replyAll, unreachable } from '$features/composer/recipients';
import { roomOf } from '$features/composer/segments';
import { slashAt } from '$features/composer/spans';
import { richNodes } from '$features/ticket/rich-text';

const MIA = { name: 'Mia', address: 'mia@x.example' };
const JO = { name: 'Jo', address: 'jo@x.example' };
const US = { name: 'Help', address: 'help@shop.example' };
const ID = '0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000';

test.each([
  ['a'.repeat(160), 160, 160, 1],
  ['a'.repeat(161), 161, 306, 2],
  ['€'.repeat(80), 160, 160, 1],
  ['a'.repeat(152) + '€' + 'a'.repeat(152), 306, 459, 3],
  ['ж'.repeat(70), 70, 70, 1],
  ['ж'.repeat(71), 71, 134, 2],
  ['👋'.repeat(35), 70, 70, 1],
])('an SMS is counted in the letters it is sent in (%#)', (text, used, limit, parts) => {
  expect(roomOf('sms', text)).toEqual({ used, limit, parts, isOver: false });
});

test('channels have their limits, e-mail has none', () => {
  expect(roomOf('email', 'x'.repeat(99_999))).toBeNull();
  expect(roomOf('instagram', 'x'.repeat(1001), 1000)?.isOver).toBe(true);
  expect(roomOf('sms', 'x'.repeat(1600))?.isOver).toBe(false);
  expect(roomOf('sms', 'x'.repeat(1601))?.isOver).toBe(true);
});

test('what a program prints for nothing and what nobody filled in is found, quotes are not', () => {
  for (const text of [
    'Dear [NAME],',
    'Dear [first name],',
    'Total: null',
    'Hi undefined',
    'XXX days',
    '[object Object]',
  ])
    expect(findLeftover(text), text).not.toBeNull();
  for (const text of ['Dear Mia,', 'See [1] below', '> Dear [NAME]', 'nullified', 'size XXL'])
    expect(findLeftover(text), text).toBeNull();
});

test('an attachment that is spoken of is noticed in nine languages', () => {
  for (const text of [
    'I have attached it',
    'Im Anhang finden Sie',
    'Vous trouverez en pièce jointe',
    'Le adjunto la factura',
    'W załączniku przesyłam',
    'V příloze posílám',
    'Во вложении счёт',
    '请看附件',
    'ดูไฟล์แนบ',
  ])
    expect(mentionsAttachment(text), text).toBe(true);
  expect(mentionsAttachment('We are attuned to you')).toBe(false);
});

test('each doubt is asked about once', () => {
  const message = { text: 'Attached for [NAME]', fileCount: 0, recipientCount: 9, isFirst: true };
  expect(doubtAbout(message, new Set())).toBe('placeholder');
  expect(doubtAbout(message, new Set(['placeholder']))).toBe('attachment');
  expect(doubtAbout(message, new Set(['placeholder', 'attachment']))).toBe('many');
  expect(doubtAbout(message, new Set(['placeholder', 'attachment', 'many']))).toBeNull();
});

test('nothing goes to nobody or to what is no address', () => {
  expect(faultIn([], [])).toEqual({ kind: 'nobody' });
  expect(faultIn([MIA], [{ name: '', address: 'jo@' }])).toEqual({ kind: 'address', address: 'jo@' });
  expect(faultIn([MIA], [JO])).toBeNull();
});

test('answering all leaves out ourselves and names nobody twice', () => {
  const message = {
    direction: 'in',
    kind: 'customer',
    from_address: MIA,
    to: [US, { name: '', address: 'JO@x.example' }],
    cc: [JO, MIA],
  } as unknown as Message;
  expect(replyAll([message], undefined, [US])).toEqual({
    to: [MIA],
    cc: [{ name: '', address: 'JO@x.example' }],
  });
  expect(defaultTo([], undefined)).toEqual([]);
});

test('a channel says why it cannot be used', () => {
  const channel = { is_active: true, kind: 'email' } as Parameters<typeof unreachable>[0];
  const customer = {
    handles: [
      {
        id: '1',
        kind: 'email',
        value: 'm@x.example',
        label: '',
        is_verified: true,
        bounced_at: null,
        opted_out: [],
        bounce_reason: '',
      },
    ],
  };
  expect(unreachable(channel, customer)).toBeNull();
  expect(unreachable({ ...channel, is_active: false }, customer)).toBe('paused');
  expect(unreachable(channel, { handles: [] })).toBe('no_address');
  expect(unreachable({ ...channel, kind: 'whatsapp' }, customer)).toBe('other_kind');
});

test('a comma inside quotation marks is part of a name', () => {
  expect(readAddresses('"Laurent, Mia" <mia@x.example>, jo@x.example')).toEqual([
    { name: 'Laurent, Mia', address: 'mia@x.example' },
    { name: '', address: 'jo@x.example' },
  ]);
});

test('a slash calls the palette at the start of a word only', () => {
  expect(slashAt('Hello /can', 10)).toBe('can');
  expect(slashAt('/', 1)).toBe('');
  expect(slashAt('and/or', 6)).toBeNull();
  expect(slashAt('https://x', 9)).toBeNull();
});

test('plain text becomes paragraphs and the same text again, with every place in it', () => {
  for (const text of ['', 'one', 'one\ntwo\n\nthree', 'a\n\n\n\nb', '👋 שלום\n\nпривет']) {
    const doc = documentOfText(text);
    expect(textOf(doc)).toBe(text);
    expect(isPlain(doc)).toBe(true);
    if (text) expect(textOf(doc.cut(0, placeOf(doc, text.length)))).toBe(text);
  }
});

test('a draft is read back as it was written', () => {
  const html = `<p>Dear <strong>Mia</strong>, <span class="var" data-path="order.number">#1042</span></p><ul><li><p>one</p></li></ul><p><img src="/api/v1/attachments/${ID}?inline=1" alt="x"></p>`;
  expect(htmlOf(documentOf(html))).toBe(html);
  expect(htmlOf(documentOf(htmlOf(documentOf(html))))).toBe(html);
});

test('a document takes in nothing that runs, loads or looks like something else', () => {
  const html = htmlOf(
    documentOf(
      '<p onclick="x()" style="position:fixed">Hi<script>1</script></p><img src="https://t.example/p.gif"><a href="javascript:1">a</a><table><tr><td>b</td></tr></table>',
    ),
  );
  expect(html).not.toMatch(/script|onclick|style|img|href|table/);
  expect(html).toContain('Hi');
});

test('Word lists become lists and rows stay on one line', () => {
  const html = cleanPasted(
    '<p style="mso-list:l0 level1"><span style="mso-list:Ignore">1.</span>one</p><p style="mso-list:l0 level1"><span style="mso-list:Ignore">2.</span>two</p><table><tr><td>a</td><td>b</td></tr></table>',
  );
  expect(htmlOf(documentOf(html))).toBe('<ol><li><p>one</p></li><li><p>two</p></li></ol><p>a · b</p>');
});

test('too much is cut at the limit and said so', () => {
  const { slice, isCut } = capped(sliceOfText('word '.repeat(100)), 40);
  expect(isCut).toBe(true);
  expect(slice.content.textBetween(0, slice.content.size)).toHaveLength(40);
  expect(capped(sliceOfText('short'), 40).isCut).toBe(false);
});

test('links are made whole, and what is none is refused', () => {
  expect(asLink('shop.example/a')).toBe('https://shop.example/a');
  expect(asLink('mia@x.example')).toBe('mailto:mia@x.example');
  expect(asLink('javascript:alert(1)')).toBeNull();
  expect(asLink('two words')).toBeNull();
  expect(fileIdOf(`cid:${ID}@aftercare`)).toBe(ID);
  expect(fileIdOf('https://evil.example/x.png')).toBeNull();
});

test('a moment must lie ahead', () => {
  const now = new Date(2026, 10, 22, 9, 0);
  expect(momentFrom('2026-11-23T09:30', now)?.getHours()).toBe(9);
  expect(momentFrom('2026-11-21T09:30', now)).toBeNull();
  expect(momentFrom('', now)).toBeNull();
  expect(asLocalInput(now)).toBe('2026-11-22T09:00');
});

test('emoji are found by the beginning of a word first', () => {
  expect(findEmoji('truck')[0]?.sign).toBe('🚚');
  expect(findEmoji('zzz')).toEqual([]);
});

test('a colleague’s formatting is built anew from what we know', () => {
  const place = document.createElement('div');
  place.append(
    richNodes(
      `<p onclick="x()">Hi <b>you</b><script>1</script></p><a href="javascript:1">a</a><a href="https://x.example">b</a><img src="https://t.example/p.gif"><img src="cid:${ID}@aftercare"><custom>c</custom>`,
      [],
    ),
  );
  expect(place.querySelectorAll('script, [onclick], custom')).toHaveLength(0);
  expect([...place.querySelectorAll('a')].map((each) => each.getAttribute('href'))).toEqual([
    null,
    'https://x.example',
  ]);
  expect([...place.querySelectorAll('img')].map((each) => each.getAttribute('src'))).toEqual([
    `/api/v1/attachments/${ID}?inline=1`,
  ]);
  expect(place.textContent).toContain('c');
});
