import type { Message } from '@aftercare/api';

/** What only some channels know of a message and we show beneath it. */
export interface Facts {
  call?: {
    is_answered?: boolean;
    talk_seconds?: number;
    recording_seconds?: number;
    duration_seconds?: number;
    from_city?: string;
    from_country?: string;
  };
  location?: { latitude?: number | string; longitude?: number | string; name?: string };
  post?: { title?: string; url?: string };
  reactions?: Record<string, number>;
  keyword?: string;
  forwarded?: boolean;
  is_edited?: boolean;
  is_deleted?: boolean;
  quick_replies?: string[];
  dates?: { text: string; day: string }[];
  products?: string[];
  numbers?: QuotedNumber[];
}
export interface QuotedNumber {
  kind: 'order' | 'tracking';
  text: string;
  key: string;
  carrier: string;
  url: string;
}

const SHOWN = [
  'call',
  'location',
  'reactions',
  'keyword',
  'forwarded',
  'is_edited',
  'is_deleted',
  'quick_replies',
  'dates',
  'products',
  'numbers',
];

/** Whether there is anything to show beneath the words, so that what shows it is fetched at all. */
export const hasFacts = (message: Message): boolean =>
  SHOWN.some((name) => name in message.details) ||
  message.attachments.some((file) => file.content_type.startsWith('audio/'));

/** 3:07 of 187 seconds. */
export const clockTime = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

/** A place on a map of nobody's who watches; null for what is no place on earth. */
export function mapUrl(place: NonNullable<Facts['location']>): string | null {
  const [latitude, longitude] = [Number(place.latitude ?? NaN), Number(place.longitude ?? NaN)];
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return null;
  return `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
}
