import { ApiProblem, type FieldProblem } from '@aftercare/api';
import { rulesApi, type Definition, type RuleDraft, type RuleRecord } from '@aftercare/api/rules.ts';
import type { App } from '$lib/app.svelte';
import { definitionOf } from './definition';

const PAUSE_MS = 600;

/** A rule while it is edited: saved as a draft a moment after each change, one call at a time. */
export class Drafting {
  rule = $state.raw() as RuleRecord;
  definition = $state.raw() as Definition;
  errors = $state.raw<readonly FieldProblem[]>([]);
  /** What somebody else saved meanwhile; null in it: they published or discarded. */
  conflict = $state.raw<{ message: string; draft: RuleDraft | null } | null>(null);
  problem = $state.raw<ApiProblem | null>(null);
  isSaving = $state(false);
  isDirty = $state(false);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly app: App,
    rule: RuleRecord,
    private readonly onsaved: (rule: RuleRecord) => void,
  ) {
    this.rule = rule;
    this.definition = definitionOf(rule);
  }

  change(definition: Definition): void {
    this.definition = definition;
    this.isDirty = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.save(), PAUSE_MS);
  }

  /** Saves what is not saved yet; true when the server has all of it. */
  async save(): Promise<boolean> {
    clearTimeout(this.timer);
    this.turn = this.turn.then(() => this.put());
    await this.turn;
    return !this.isDirty;
  }

  private async put(): Promise<void> {
    if (!this.isDirty || this.conflict) return;
    const sent = this.definition;
    this.isSaving = true;
    try {
      const rule = await rulesApi.saveDraft(this.rule.id, sent, this.rule.draft_revision);
      this.errors = [];
      this.problem = null;
      this.rule = rule;
      this.isDirty = this.definition !== sent;
      this.onsaved(rule);
    } catch (raised) {
      if (!(raised instanceof ApiProblem)) throw raised;
      this.refused(raised);
    } finally {
      this.isSaving = false;
    }
  }

  private refused(problem: ApiProblem): void {
    if (this.app.noticeSignedOut(problem)) return;
    if (problem.code === 'draft_changed') {
      const draft = (problem.document as { draft?: RuleDraft | null }).draft ?? null;
      this.conflict = { message: problem.message, draft };
    } else if (problem.document.errors?.length) {
      this.errors = problem.document.errors;
      this.problem = null;
    } else this.problem = problem;
  }

  /** A newer record came in: taken where nothing here waits to be saved. */
  hear(rule: RuleRecord): void {
    if (rule === this.rule || this.isDirty || this.isSaving) return;
    if (rule.draft_revision < this.rule.draft_revision) return;
    const isOther = rule.draft_revision !== this.rule.draft_revision;
    this.rule = rule;
    if (isOther) this.definition = definitionOf(rule);
  }

  take(rule: RuleRecord): void {
    clearTimeout(this.timer);
    this.rule = rule;
    this.definition = definitionOf(rule);
    this.isDirty = false;
    this.errors = [];
    this.conflict = null;
    this.problem = null;
    this.onsaved(rule);
  }

  /** After a conflict: what the other one saved, or what stands here over it. */
  async settle(keep: 'theirs' | 'mine'): Promise<void> {
    const rule = await rulesApi.rule(this.rule.id);
    if (keep === 'theirs') {
      this.take(rule);
      return;
    }
    this.rule = rule;
    this.conflict = null;
    this.isDirty = true;
    await this.save();
  }

  stop(): void {
    if (this.isDirty && !this.conflict) void this.save();
    clearTimeout(this.timer);
  }
}
