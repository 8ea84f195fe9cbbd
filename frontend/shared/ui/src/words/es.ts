import type { Words } from '../words';

/** Spanish. */
export const es: Words = {};
