import type { Words } from '../words';

/** Russian. */
export const ru: Words = {};
