import type { Words } from '../words';

/** Polish. */
export const pl: Words = {};
