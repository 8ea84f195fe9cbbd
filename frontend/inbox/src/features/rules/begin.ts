import { goto } from '$app/navigation';
import { rulesApi, type RuleRecord } from '@aftercare/api/rules.ts';
import { t } from '@aftercare/ui';
import type { App } from '$lib/app.svelte';
import { tryTo } from '$lib/load.svelte';

/** A new rule, empty and off, and the way to it. */
export async function beginRule(app: App, onmade?: (rule: RuleRecord) => void): Promise<void> {
  const rule = await tryTo(app, () => rulesApi.create({ name: t('rulebuild.newName') }));
  if (!rule) return;
  onmade?.(rule);
  await goto(`/automations/rules/${rule.id}`);
}
