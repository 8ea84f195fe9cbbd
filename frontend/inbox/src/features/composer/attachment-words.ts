// “I attach …” in the languages the app speaks. \b knows no Cyrillic or Thai letters, so edges are spelled out.
const WORDS = [
  // English, German, French
  'attach(?:ed|ment|ments|ing)?',
  'enclosed',
  'angeh(?:ä|ae)ngt(?:e[nmrs]?)?',
  'anhang',
  'anhänge',
  'beigef(?:ü|ue)gt(?:e[nmrs]?)?',
  'pi[èe]ces? jointes?',
  'ci-joint(?:e|s|es)?',
  '(?:en )?annexe',
  // Spanish, Italian, Dutch, Portuguese
  'adjunt[oa]s?',
  'allegat[oia]',
  'bijlagen?',
  'bijgevoegd',
  'em anexo',
  // Polish, Czech
  'w załączniku',
  'załącznik(?:u|i|ów)?',
  'załączam',
  'v příloze',
  'příloh[auy]',
  'přikládám',
  // Russian
  'во? вложени[ияе]',
  'прикрепл\\p{L}+',
  'прилага\\p{L}+',
  'приложени[еия]',
];
const SPACED = new RegExp(`(?<![\\p{L}\\p{N}])(?:${WORDS.join('|')})(?![\\p{L}\\p{N}])`, 'iu');
const UNSPACED = /附件|附上|随附|檔案附|แนบ|เอกสารแนบ/u;

/** True when a text speaks of an attachment. Quoted lines don't count. */
export function mentionsAttachment(text: string): boolean {
  const own = text
    .split('\n')
    .filter((line) => !line.startsWith('>'))
    .join('\n');
  return SPACED.test(own) || UNSPACED.test(own);
}
