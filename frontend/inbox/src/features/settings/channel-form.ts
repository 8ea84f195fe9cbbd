/**
 * What the form sends, in the words of the API. Secrets are write-only: an empty field leaves the
 * stored one alone. The address of a channel stays what it is.
 */
export function bodyOf(values: Readonly<Record<string, string>>, isKnown: boolean): Record<string, string> {
  const filled = Object.entries(values).filter(([, value]) => value.trim() !== '');
  const body = Object.fromEntries(filled.filter(([key]) => !isKnown || key !== 'address'));
  return isKnown ? body : { kind: 'email', ...body };
}
