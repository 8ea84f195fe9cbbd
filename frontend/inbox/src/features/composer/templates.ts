import type { ChosenTemplate, Template } from '@aftercare/api';

const GAP = /\{\{\s*(\w{1,60})\s*\}\}/g;

/** The text with its gaps filled; a gap without a value stays as it is written. */
export const filled = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(GAP, (gap, name: string) => values[name]?.trim() || gap);

/** Everything that must be filled in, each once, in the order it is read. */
export const gapsOf = (template: Template): string[] => [
  ...new Set([...template.header_variables, ...template.variables]),
];

/** What the customer will read. */
export const wholeText = (template: Template, values: Readonly<Record<string, string>>): string =>
  [template.header, template.text, template.footer]
    .filter(Boolean)
    .map((each) => filled(each, values))
    .join('\n\n');

/** The choice as the server wants it. */
export function chosen(template: Template, values: Readonly<Record<string, string>>): ChosenTemplate {
  const of = (names: readonly string[]) => names.map((name) => values[name]?.trim() ?? '');
  return {
    id: template.id,
    name: template.name,
    language: template.language,
    names: template.variables,
    values: of(template.variables),
    header_names: template.header_variables,
    header_values: of(template.header_variables),
  };
}

/** Best first: those in the customer's language, then by name. */
export const inOrder = (templates: readonly Template[], language: string | null): Template[] => {
  const speaks = (each: Template) => (language && each.language.split(/[_-]/)[0] === language ? 0 : 1);
  return [...templates].sort((a, b) => speaks(a) - speaks(b) || a.name.localeCompare(b.name));
};
