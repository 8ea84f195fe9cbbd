/** The widget's function, or the stub that keeps calls until it has come. */
export type Door = (...call: unknown[]) => unknown;

export function door(): Door {
  const page = window as unknown as { helpdesk?: Door & { q?: unknown[][] } };
  const stub: Door & { q?: unknown[][] } = (...call) => {
    (stub.q ||= []).push(call);
  };
  page.helpdesk ||= stub;
  return (...call) => page.helpdesk!(...call);
}
