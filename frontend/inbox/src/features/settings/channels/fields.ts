import type { ConfigField } from '@aftercare/api';

/** What asks to be filled in: a kind of channel, or a platform of stores. */
export interface Asks {
  config: readonly ConfigField[];
}

/** What is stored of a channel or store; of secrets only which are set. */
export interface Stored {
  address: string;
  config: Record<string, unknown>;
  secrets: Record<string, boolean>;
}

/** What stands in the fields, by name: a flag as it is, everything else as its text. */
export type Values = Record<string, string | boolean>;

/** The fields a person fills in; what we make up ourselves stands in the steps. */
export function fieldsOf(connector: Asks): ConfigField[] {
  return connector.config.filter((field) => !field.is_made);
}

/** The place of a field in the API: errors name it so. */
export function pathOf(field: ConfigField): string {
  if (field.name === 'address') return 'address';
  return `${field.is_secret ? 'secrets' : 'config'}.${field.name}`;
}

/** What is stored, as the fields show it. Secrets are never known: theirs begin empty. */
export function valuesOf(connector: Asks, stored: Stored): Values {
  const values: Values = {};
  for (const field of fieldsOf(connector)) {
    const value = field.name === 'address' ? stored.address : stored.config[field.name];
    if (field.is_secret) values[field.name] = '';
    else if (field.type === 'flag') values[field.name] = value === true;
    else values[field.name] = Array.isArray(value) ? value.join(', ') : String(value ?? '');
  }
  return values;
}

/** What changed of the fields, in the words of the API; null takes a value away. */
export function changesOf(connector: Asks, before: Values, after: Values): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  const secrets: Record<string, string> = {};
  let address: string | undefined;
  for (const field of fieldsOf(connector)) {
    const value = after[field.name];
    if (value === undefined || value === before[field.name]) continue;
    if (field.is_secret) secrets[field.name] = String(value);
    else if (field.name === 'address') address = String(value);
    else config[field.name] = read(field, value);
  }
  return {
    ...(address === undefined ? {} : { address }),
    ...(Object.keys(config).length > 0 ? { config } : {}),
    ...(Object.keys(secrets).length > 0 ? { secrets } : {}),
  };
}

function read(field: ConfigField, value: string | boolean): unknown {
  if (typeof value === 'boolean') return value;
  const text = value.trim();
  if (text === '') return null;
  if (field.type === 'list') return text.split(/[,;\n]/).flatMap((each) => each.trim() || []);
  // What is no number stays as it was typed: the server says so at the field.
  if (field.type === 'number') return Number.isFinite(Number(text)) ? Number(text) : text;
  return text;
}

export interface Bar {
  x: number;
  events: number;
  failures: number;
}

/** Heights of the bars for each day, from 0 to `height`; something that happened is never invisible. */
export function barsOf(
  days: readonly { events: number; failures: number }[],
  width: number,
  height: number,
): Bar[] {
  const most = Math.max(1, ...days.map((day) => day.events), ...days.map((day) => day.failures));
  const tall = (n: number) => (n === 0 ? 0 : Math.max(2, Math.round((n / most) * height)));
  return days.map((day, index) => ({
    x: (index * width) / Math.max(1, days.length),
    events: tall(day.events),
    failures: tall(day.failures),
  }));
}
