/** Longest prompt, characters: what names one thing is far shorter. */
export const maxPromptCharacters = 256;

/** Letters with a stroke or a ligature have no decomposition. */
const letters: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ł: 'l', ı: 'i' };

/** "a photo of …": how people and other models' recipes open a prompt. Repeated until none is left. */
const openings =
  /^(?:please |(?:can you )?(?:find|show|highlight|detect|track|outline|blur|mark)(?: me)? |(?:where(?: is|'s| are)|look for|search for) |(?:an? |the )?(?:close-?up |blurry |good |cropped |bright |dark )?(?:photo|photograph|picture|image|pic|snapshot|frame|video|clip) of )/;

const determiners = new Set(
  'a an the this that these those my your his her its our their some any all each every several many few both another one two three four five six seven eight nine ten'.split(
    ' ',
  ),
);

/**
 * A prompt as words: NFKC, lower case, no accents, no brackets ("bus (vehicle)"), no punctuation but what stands inside words;
 * openings ("a photo of") and leading articles and numbers dropped. Empty for a prompt without a Latin letter or digit.
 */
export function promptWords(prompt: string): readonly string[] {
  let text = prompt
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[ßæœøđłı]/g, (letter) => letters[letter] ?? letter)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[’‘`´]/g, "'")
    .replace(/\([^()]*\)/g, ' ')
    .replace(/[_/\\|]/g, ' ')
    .replace(/[^a-z0-9' &,.-]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  for (let before = ''; before !== text; ) {
    before = text;
    text = text.replace(openings, '');
  }
  const words = text
    .replace(/,/g, ' , ')
    .split(' ')
    .map((word) => word.replace(/'s$/, '').replace(/^['.-]+|['.-]+$/g, ''))
    .filter((word) => word !== '');
  while (words.at(-1) === ',' || words.at(-1) === '&') words.pop();
  while (words.length > 1 && determiners.has(words[0] ?? '')) words.shift();
  return words;
}
