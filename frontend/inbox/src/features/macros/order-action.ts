import type { MacroAction } from '@aftercare/api';
import type { ActionKind } from '@aftercare/api/orders.ts';

/** What a macro does to the order it is filled from; what is not said is asked when it is sent. */
export interface Acts {
  kind: ActionKind;
  params: Record<string, unknown>;
}

export const ORDER_ACTION = 'order_action';

export function actsIn(actions: readonly MacroAction[]): Acts | null {
  const found = actions.find(({ type }) => type === ORDER_ACTION)?.params;
  if (!found) return null;
  return {
    kind: found['kind'] as ActionKind,
    params: { ...((found['params'] as Record<string, unknown> | undefined) ?? {}) },
  };
}

export function asAction(acts: Acts | null): MacroAction[] {
  return acts ? [{ type: ORDER_ACTION, params: { kind: acts.kind, params: acts.params } }] : [];
}

/** “vip, late” as a list, each word once. */
export function listOf(value: unknown): string[] {
  const words = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? value.split(',') : [];
  return [...new Set(words.map((word) => word.trim()).filter(Boolean))];
}
