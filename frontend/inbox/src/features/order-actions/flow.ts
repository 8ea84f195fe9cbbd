import type { ActionKind, ActionPreview, Changed, OrderAction, Refusal } from '@aftercare/api/orders.ts';
import { ApiProblem } from '@aftercare/api';

/**
 * What the sheet shows. Nothing is called done before the shop has said so:
 * previewing → ready → submitting → pending → done | partial | failed | checking,
 * with ways out where somebody else must agree, was faster, or the shop says no.
 */
export type Phase =
  | 'previewing'
  | 'unreachable'
  | 'refused'
  | 'ready'
  | 'changed'
  | 'taken'
  | 'submitting'
  | 'pending'
  | 'checking'
  | 'done'
  | 'partial'
  | 'failed'
  | 'waiting'
  | 'proposed'
  | 'rejected'
  | 'expired';

export interface Flow {
  preview: ActionPreview | null;
  /** The answer to the last question, if it was not the one hoped for. */
  problem: ApiProblem | null;
  changes: readonly Changed[];
  isAsking: boolean;
  isSubmitting: boolean;
  /** The answer to “do it” never came: the action is looked up by its key. */
  isLost: boolean;
  action: OrderAction | null;
  /** Somebody else's, of the same kind, under way. */
  taken: OrderAction | null;
}

export const NOTHING: Flow = {
  preview: null,
  problem: null,
  changes: [],
  isAsking: false,
  isSubmitting: false,
  isLost: false,
  action: null,
  taken: null,
};

const OF_STATE: Record<OrderAction['state'], Phase> = {
  proposed: 'proposed',
  needs_approval: 'waiting',
  queued: 'pending',
  running: 'pending',
  pending: 'pending',
  checking: 'checking',
  done: 'done',
  partial: 'partial',
  failed: 'failed',
  rejected: 'rejected',
  expired: 'expired',
};

/** The server complains of what was written, at its field. */
const IN_A_FIELD = 422;

export function phaseOf(flow: Flow): Phase {
  if (flow.isSubmitting) return 'submitting';
  if (flow.action && (flow.action.state !== 'proposed' || !flow.preview)) return OF_STATE[flow.action.state];
  if (flow.isLost) return 'checking';
  if (flow.taken) return 'taken';
  const { problem } = flow;
  if (problem && problem.status !== IN_A_FIELD)
    return problem.code === 'shop_unreachable' || problem.isTemporary ? 'unreachable' : 'refused';
  if (!flow.preview) return problem ? 'ready' : 'previewing';
  return flow.changes.length ? 'changed' : 'ready';
}

const UNDER_WAY: Phase[] = ['submitting', 'pending', 'checking'];
export const isUnderWay = (phase: Phase): boolean => UNDER_WAY.includes(phase);

const OPEN: OrderAction['state'][] = ['needs_approval', 'queued', 'running', 'pending', 'checking'];
export const isOpen = (action: OrderAction): boolean => OPEN.includes(action.state);

/** The action of the same kind that is under way on the order, by somebody else. */
export function takenBy(preview: ActionPreview, kind: ActionKind, own: string): OrderAction | null {
  return preview.running.find((each) => each.kind === kind && each.id !== own) ?? null;
}

/** A preview came: what was wrong before is not any more. */
export function previewed(flow: Flow, preview: ActionPreview, own: string): Flow {
  return {
    ...flow,
    preview,
    problem: null,
    isAsking: false,
    changes: [],
    taken: takenBy(preview, preview.kind, own),
  };
}

/**
 * “Do it” was answered with no. A stale preview brings the new one and what differs, and asks
 * again; a lost answer is looked up, never sent a second time under another key.
 */
export function refused(flow: Flow, problem: ApiProblem): Flow {
  const said = problem.document as unknown as Refusal;
  const base = { ...flow, isAsking: false, isSubmitting: false };
  if (problem.code === 'stale_preview' && said.preview)
    return { ...base, preview: said.preview, changes: said.changes?.length ? said.changes : [ASKED_AGAIN] };
  if (problem.code === 'already_running' && said.running) return { ...base, taken: said.running };
  if (flow.isSubmitting && (problem.status === 0 || problem.status >= 502)) return { ...base, isLost: true };
  return { ...base, problem, changes: said.changes ?? [] };
}

/** Only the time ran out: nothing differs, but it is confirmed anew. */
const ASKED_AGAIN: Changed = { field: 'time', before: '', after: '' };

export function insteadOf(flow: Flow): ActionKind[] {
  if (flow.action) return flow.action.instead;
  return (flow.problem?.document as unknown as Refusal | undefined)?.instead ?? [];
}

/** A newer word about an action; an older one changes nothing. */
export function followed(flow: Flow, action: OrderAction): Flow {
  const isOwn = flow.action?.id === action.id;
  if (isOwn && (flow.action?.version ?? 0) > action.version) return flow;
  if (flow.taken?.id === action.id && !isOwn)
    return { ...flow, taken: flow.taken.version > action.version ? flow.taken : action };
  return { ...flow, action, isSubmitting: false, isLost: false, problem: null, changes: [] };
}
