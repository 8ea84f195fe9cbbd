/** How much of a channel's room a text takes. `parts` are the messages it is cut into (SMS). */
export interface Room {
  used: number;
  limit: number;
  parts: number;
  isOver: boolean;
}

const GSM =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ!"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const GSM_LONG = '\f^{}\\[~]|€';
const MAX_SMS_LETTERS = 1600;
/** The room a text takes on this kind of channel; null where the channel names no `limit`.
 *  `weigh` counts where the channel does not count letters. */
export function roomOf(
  kind: string,
  text: string,
  limit?: number | null,
  weigh = (counted: string): number => [...counted].length,
): Room | null {
  if (kind === 'sms') return smsRoom(text, limit ?? MAX_SMS_LETTERS);
  if (!limit) return null;
  const used = weigh(text);
  return { used, limit, parts: 1, isOver: used > limit };
}

/** GSM 03.38: 160 septets, 153 in each of several; with any other letter 70 and 67 UTF-16 units. */
function smsRoom(text: string, letters: number): Room {
  const isGsm = [...text].every((letter) => GSM.includes(letter) || GSM_LONG.includes(letter));
  const room = isGsm ? partsOf(septets(text), 160, 153) : partsOf(units(text), 70, 67);
  return { ...room, isOver: [...text].length > letters };
}

const units = (text: string): number[] => [...text].map((letter) => letter.length);
const septets = (text: string): number[] => [...text].map((letter) => (GSM_LONG.includes(letter) ? 2 : 1));

/** A letter is never cut in two: what does not fit begins the next part. */
function partsOf(sizes: number[], single: number, each: number): Room {
  const used = sizes.reduce((sum, size) => sum + size, 0);
  if (used <= single) return { used, limit: single, parts: 1, isOver: false };
  let parts = 1;
  let filled = 0;
  for (const size of sizes) {
    if (filled + size > each) {
      parts += 1;
      filled = 0;
    }
    filled += size;
  }
  return { used, limit: parts * each, parts, isOver: false };
}
