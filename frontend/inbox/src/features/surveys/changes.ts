import type { SurveyChanges, SurveySettings } from '@aftercare/api/surveys.ts';

/** What differs between two settings, as the server wants it told. */
export function changesBetween(before: SurveySettings, after: SurveySettings): SurveyChanges {
  const names = Object.keys(after) as (keyof SurveySettings)[];
  const changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  return Object.fromEntries(changed.map((name) => [name, after[name]]));
}

/** The texts with one sentence said otherwise; an empty one is ours again. */
export function withText(
  texts: SurveySettings['texts'],
  language: string,
  name: string,
  text: string,
): SurveySettings['texts'] {
  const own = Object.fromEntries(
    Object.entries({ ...texts[language], [name]: text }).filter(([, said]) => said !== ''),
  );
  const others = Object.fromEntries(Object.entries(texts).filter(([tag]) => tag !== language));
  return Object.keys(own).length ? { ...others, [language]: own } : others;
}
