/**
 * What the e-mail form sends, in the words of the API. An empty field leaves what is stored alone;
 * the address of a channel stays what it is.
 */
export function bodyOf(values: Readonly<Record<string, string>>, isKnown: boolean): Record<string, unknown> {
  const filled = Object.entries(values).filter(([, value]) => value.trim() !== '');
  const pick = (keys: readonly string[]) => Object.fromEntries(filled.filter(([key]) => keys.includes(key)));
  const config = pick(['imap', 'smtp']);
  return {
    ...(isKnown ? pick(['name']) : { kind: 'email', ...pick(['name', 'address']) }),
    ...(Object.keys(config).length > 0 ? { config } : {}),
  };
}
