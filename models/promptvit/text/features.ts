/** What the tower reads of a text; models/training/promptvit/text_tower.py does the same. */

/** Words of a phrase that are read, from its end. */
const mostWords = 6;
/** Weight of a word before the last one, and of each word of a hint. */
const modifier = 0.7;
const hintWeight = 0.7;

/** A learned row, by key or number, and what it is multiplied by. */
export type Feature<K> = readonly [row: K, weight: number];

/** Lower-case words of Latin letters and digits; accents and apostrophes dropped. */
export function wordsOf(text: string): readonly string[] {
  const plain = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/['’]|\p{M}/gu, '');
  return plain.match(/[a-z0-9]+/g) ?? [];
}

/** Keys of a phrase: `dog`, its last word; `dog_`, a word before it; `hot dog`, neighbours. Those that are no keys of the tower count for nothing. */
export function keyFeatures(text: string): readonly Feature<string>[] {
  const words = wordsOf(text).slice(-mostWords);
  const scale = 1 / Math.sqrt(words.length);
  return words.flatMap((word, i): Feature<string>[] => {
    const next = words[i + 1];
    if (next === undefined) return [[word, scale]];
    return [
      [`${word}_`, scale * modifier],
      [`${word} ${next}`, scale],
    ];
  });
}

/** Rows of the n-gram table: each word itself and its 3, 4 and 5 letters in a row, its ends marked; the hint's words. */
export function gramFeatures(text: string, hint: string, rows: number): readonly Feature<number>[] {
  const words = wordsOf(text).slice(-mostWords);
  const own = words.flatMap((word, at): Feature<number>[] => {
    const grams = gramsOf(word);
    const weight = (at === words.length - 1 ? 1 : modifier) / Math.sqrt(words.length * grams.length);
    return grams.map((gram) => [hash(gram) % rows, weight]);
  });
  return [...own, ...wordsOf(hint).map((word): Feature<number> => [hash(`#${word}`) % rows, hintWeight])];
}

function gramsOf(word: string): readonly string[] {
  const bounded = `<${word}>`;
  const grams = [`=${word}`];
  for (const n of [3, 4, 5]) for (let i = 0; i + n <= bounded.length; i++) grams.push(bounded.slice(i, i + n));
  return grams;
}

/** FNV-1a, 32 bits, its halves mixed, for the low bits alone repeat. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return ((value >>> 16) ^ value) >>> 0;
}
