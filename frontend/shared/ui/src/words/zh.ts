import type { Words } from '../words';

/** Simplified Chinese. */
export const zh: Words = {};
