/** How many order actions wait for this person; counted by what is loaded after the first screen. */
export const waiting = $state({ n: 0 });
