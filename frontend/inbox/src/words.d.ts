/** What `words/en` leaves out of the first load: scripts/first-words.ts. */
declare module '@aftercare/ui/words/en?later' {
  export const en: import('@aftercare/ui').Words;
}
