const squeezed = (text: string) => text.replace(/\s+/g, ' ').trim();

/** Whether the draft is the filled macro and nothing else: then it may be filled again. */
export function isUntouched(text: string, filled: { text: string }): boolean {
  return squeezed(text) === squeezed(filled.text);
}
