/** Where the field that is written in takes text from elsewhere; null while there is none. */
export const inserting: { into: ((text: string) => void) | null } = { into: null };
