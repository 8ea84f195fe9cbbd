import type { ChosenTemplate, Template } from '@aftercare/api';

const GAP = /\{\{\s*(\w{1,60})\s*\}\}/g;

/** A gap to fill: {{1}} of the heading and {{1}} of the text are two. */
export interface Gap {
  key: string;
  name: string;
  isHeading: boolean;
}

const headingKey = (name: string): string => `heading ${name}`;
const textKey = (name: string): string => `text ${name}`;

type Values = Readonly<Record<string, string>>;

const filledBy = (text: string, values: Values, keyOf: (name: string) => string): string =>
  text.replace(GAP, (gap, name: string) => values[keyOf(name)]?.trim() || gap);

/** Everything that must be filled in, each once, in the order it is read. */
export const gapsOf = (template: Template): Gap[] => [
  ...[...new Set(template.header_variables)].map((name) => ({
    key: headingKey(name),
    name,
    isHeading: true,
  })),
  ...[...new Set(template.variables)].map((name) => ({ key: textKey(name), name, isHeading: false })),
];

/** What the customer will read; a gap without a value stays as it is written. */
export const wholeText = (template: Template, values: Values): string =>
  [filledBy(template.header, values, headingKey), filledBy(template.text, values, textKey), template.footer]
    .filter(Boolean)
    .join('\n\n');

/** The choice as the server wants it. */
export function chosen(template: Template, values: Values): ChosenTemplate {
  const of = (names: readonly string[], keyOf: (name: string) => string) =>
    names.map((name) => values[keyOf(name)]?.trim() ?? '');
  return {
    id: template.id,
    name: template.name,
    language: template.language,
    names: template.variables,
    values: of(template.variables, textKey),
    header_names: template.header_variables,
    header_values: of(template.header_variables, headingKey),
  };
}

/** Best first: those in the customer's language, then by name. */
export const inOrder = (templates: readonly Template[], language: string | null): Template[] => {
  const speaks = (each: Template) => (language && each.language.split(/[_-]/)[0] === language ? 0 : 1);
  return [...templates].sort((a, b) => speaks(a) - speaks(b) || a.name.localeCompare(b.name));
};
