/** The build under test. */
export const version = 'test';
