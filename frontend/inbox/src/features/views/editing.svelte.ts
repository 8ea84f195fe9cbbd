import type { Condition, View } from '@aftercare/api';

/** What the editor begins with: a view that is there, or the makings of a new one. */
export interface ViewDraft {
  view: View | null;
  name: string;
  icon: string;
  conditions: Condition | Record<string, never>;
  sort: string;
  group: string;
  columns: readonly string[];
}

/** Which view is being made or changed; the editor loads when there is one. */
class ViewEditing {
  draft = $state.raw<ViewDraft | null>(null);

  begin(draft: Partial<ViewDraft>): void {
    this.draft = {
      view: null,
      name: '',
      icon: '',
      conditions: {},
      sort: 'queue',
      group: '',
      columns: [],
      ...draft,
    };
  }

  change(view: View): void {
    this.begin({ ...view, view, conditions: view.conditions as Condition });
  }

  end(): void {
    this.draft = null;
  }
}

export const viewEditing = new ViewEditing();

/** Several trees as one: all of them must hold. */
export function allOf(...trees: (Condition | Record<string, unknown> | null | undefined)[]): Condition {
  const parts = trees.flatMap((tree) => {
    if (!tree || Object.keys(tree).length === 0) return [];
    if ('all' in tree && Object.keys(tree).length === 1) return tree.all as Condition[];
    return [tree as Condition];
  });
  return { all: parts };
}
