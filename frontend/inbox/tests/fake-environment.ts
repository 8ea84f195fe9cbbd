/** The build under test. */
export const version = 'test';
export const dev = true;
