/** How many of a post's 280 units a text takes, as X counts: the same as `integrations/x/weighted.py`,
 *  proven by the same cases (`tests/golden/x_weights.json`). */

const URL_WEIGHT = 23;
const LIGHT = [
  [0, 4351],
  [8192, 8205],
  [8208, 8223],
  [8242, 8247],
] as const;

const TLDS =
  'com|org|net|edu|gov|info|biz|name|shop|store|online|site|blog|app|dev|io|co|me|tv|ai|xyz|eu|' +
  'de|at|ch|fr|it|es|nl|be|pl|pt|se|no|dk|fi|cz|uk|ie|us|ca|au|nz|jp|cn|kr|in|br|mx|ru|tr|example';
const WORD = String.raw`\p{L}\p{N}_`;
const PATH = String.raw`[^\s<>"'()\{\}\[\]\|]`;
/** What stands before an address (or nothing), and the address. */
const URL = new RegExp(
  String.raw`(^|[^${WORD}@#$.\/\-])(https?:\/\/${PATH}+` +
    String.raw`|(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.)+(?:${TLDS})(?![${WORD}.\-]*[${WORD}])(?:\/${PATH}*)?)`,
  'giu',
);
const TRAILING = /[.,:;!?…]+$/u;
const PICTURE = String.raw`[\u{1f000}-\u{1f0ff}\u{1f10d}-\u{1f1e5}\u{1f200}-\u{1faff}\u2600-\u27bf\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa\u2934\u2935\u3030\u303d\u3297\u3299\u2122\u2139\u2194-\u2199\u21a9\u21aa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe]`;
const ONE = String.raw`${PICTURE}\ufe0f?[\u{1f3fb}-\u{1f3ff}]?(?:[\u{e0020}-\u{e007e}]+\u{e007f})?`;
const EMOJI = new RegExp(
  String.raw`[\u{1f1e6}-\u{1f1ff}]{2}|[0-9#*]\ufe0f?\u20e3|${ONE}(?:\u200d${ONE})*`,
  'gu',
);

export function weight(text: string): number {
  const whole = text.normalize('NFC');
  let total = 0;
  let at = 0;
  for (const found of whole.matchAll(URL)) {
    const start = found.index + (found[1] ?? '').length;
    total += plainWeight(whole.slice(at, start)) + URL_WEIGHT;
    at = start + (found[2] ?? '').replace(TRAILING, '').length;
  }
  return total + plainWeight(whole.slice(at));
}

function plainWeight(text: string): number {
  let emoji = 0;
  const without = text.replace(EMOJI, () => {
    emoji += 1;
    return '';
  });
  return [...without].reduce((sum, letter) => sum + (isLight(letter.codePointAt(0) ?? 0) ? 1 : 2), 2 * emoji);
}

const isLight = (code: number): boolean => LIGHT.some(([first, last]) => first <= code && code <= last);
