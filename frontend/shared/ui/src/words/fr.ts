import type { Words } from '../words';

/** French. */
export const fr: Words = {};
