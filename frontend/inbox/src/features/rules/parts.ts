import { api, type Macro } from '@aftercare/api';
import { rulesApi, type RuleWords } from '@aftercare/api/rules.ts';
import { slaApi } from '@aftercare/api/sla.ts';
import { valueLabel, type ValueChoices } from '$features/conditions/values';

/** What rules are made of: the vocabulary, the macros, and what the shop has under a name. */
export interface RuleParts {
  words: RuleWords;
  macros: readonly Macro[];
  named: ValueChoices;
}

export async function rulesParts(): Promise<RuleParts> {
  const [words, macros, calendars, policies, stores] = await Promise.all([
    rulesApi.words(),
    api.macros(),
    namesOf(slaApi.calendars()),
    namesOf(slaApi.policies()),
    namesOf(api.stores()),
  ]);
  const named = {
    'hours.open': calendars,
    'sla.policy': policies,
    'order.store': stores,
    'ticket.intent': choicesOf(words, 'message.intent'),
    'ticket.sentiment': choicesOf(words, 'message.sentiment'),
  };
  return { words, macros: macros.results, named };
}

/** Without the right to see them they are typed by hand. */
async function namesOf(asked: Promise<{ results: { name: string }[] }>) {
  const { results } = await asked.catch(() => ({ results: [] }));
  return [...new Set(results.map(({ name }) => name))].map((name) => ({ value: name, label: name }));
}

function choicesOf(words: RuleWords, name: string) {
  const choices = words.fields.find((each) => each.name === name)?.choices ?? [];
  return choices.map((value) => ({ value, label: valueLabel(value, name) }));
}
