/** A pair of pieces and how early it was learned: lower is merged first. */
export type MergeRanks = ReadonlyMap<string, number>;

/** Marks a piece that ends a word. */
export const wordEnd = '</w>';

/** The key of a pair in {@link MergeRanks}: a space is in no piece. */
export const pairKey = (left: string, right: string): string => `${left} ${right}`;

/**
 * A printable character for every byte, as GPT-2 chose them: bytes that print stand for themselves, the others for the code points
 * from 256 on, in order.
 */
function byteAlphabet(): readonly string[] {
  const prints = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(prints(byte) ? byte : next++));
}

const alphabet = byteAlphabet();
const utf8 = new TextEncoder();

/** The bytes of a text's UTF-8, a character each. Half of a surrogate pair becomes U+FFFD, as the encoder has it. */
export const toByteCharacters = (text: string): string =>
  Array.from(utf8.encode(text), (byte) => alphabet[byte] ?? '').join('');

/** Joins every occurrence of a pair, from the left. */
function joined(pieces: readonly string[], left: string, right: string): string[] {
  const out: string[] = [];
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i] ?? '';
    const pairs = piece === left && pieces[i + 1] === right;
    out.push(pairs ? left + right : piece);
    if (pairs) i++;
  }
  return out;
}

/**
 * Byte-pair encoding of one word (Sennrich et al. 2016): the pair learned first is merged until none is left.
 *
 * @param word its bytes as characters, see {@link toByteCharacters}
 * @returns its pieces; the last one ends with {@link wordEnd}
 */
export function bytePairs(word: string, ranks: MergeRanks): readonly string[] {
  const characters = [...word];
  const last = characters.pop();
  if (last === undefined) return [];
  let pieces = [...characters, last + wordEnd];
  for (;;) {
    let best = Number.POSITIVE_INFINITY;
    let at = -1;
    for (let i = 0; i + 1 < pieces.length; i++) {
      const rank = ranks.get(pairKey(pieces[i] ?? '', pieces[i + 1] ?? ''));
      if (rank !== undefined && rank < best) [best, at] = [rank, i];
    }
    if (at < 0) return pieces;
    pieces = joined(pieces, pieces[at] ?? '', pieces[at + 1] ?? '');
  }
}
