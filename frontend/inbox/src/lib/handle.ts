/** A handle as people read it: the name its channel gives it, else the address itself; '' for none. */
export function handleName(handle: { value: string; label?: string } | undefined): string {
  return handle?.label || handle?.value || '';
}
