import type { Words } from '../words';

/** Thai. */
export const th: Words = {};
