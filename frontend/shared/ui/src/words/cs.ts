import type { Words } from '../words';

/** Czech. */
export const cs: Words = {};
