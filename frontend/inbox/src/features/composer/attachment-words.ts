// “I attach …” in the languages the shop answers in.
const WORDS =
  /\b(attach(ed|ment|ments|ing)?|enclosed|angeh(ä|ae)ngt|anhang|beigef(ü|ue)gt|im anhang|pi(è|e)ce[s]? jointe[s]?|ci-joint|adjunto|adjunta|allegat[oi]|w załączniku|załączam|v příloze|přikládám|bijlage|bijgevoegd|em anexo)\b/iu;

/** True when a text speaks of an attachment. Quoted lines don't count. */
export function mentionsAttachment(text: string): boolean {
  const own = text
    .split('\n')
    .filter((line) => !line.startsWith('>'))
    .join('\n');
  return WORDS.test(own);
}
