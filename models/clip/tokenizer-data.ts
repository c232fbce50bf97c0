import { VitreousError } from '../../plugin/core/errors.js';
import { type MergeRanks, pairKey, wordEnd } from './bpe.js';

/** A word of its own, taken out of the text before it is split. */
export interface AddedToken {
  readonly content: string;
  readonly id: number;
  /** Looked for in the normalised text instead of the text as given. */
  readonly normalized: boolean;
}

/** What a tokenizer is made of. */
export interface TokenizerData {
  /** Pieces and words → ids. */
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly merges: MergeRanks;
  readonly added: readonly AddedToken[];
  readonly startId: number;
  readonly endId: number;
  /** Stands for a piece that is in no vocabulary. */
  readonly unknownId: number;
}

const startToken = '<|startoftext|>';
const endToken = '<|endoftext|>';

function fail(where: string, found: string, expected: string): VitreousError {
  return new VitreousError({
    code: 'tokenizer-format',
    stage: 'model',
    found: `${where}: ${found}`,
    expected,
    fix: "Use the files of a CLIP model's own folder: tokenizer.json, or vocab.json and merges.txt.",
  });
}

const isRecord = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x);
const isId = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0;

function vocabularyOf(raw: unknown, where: string): ReadonlyMap<string, number> {
  if (!isRecord(raw)) throw fail(where, 'no vocabulary', 'ids by piece');
  const entries = Object.entries(raw);
  if (entries.length === 0) throw fail(where, 'an empty vocabulary', 'ids by piece');
  return new Map(
    entries.map(([piece, id]) => {
      if (!isId(id)) throw fail(where, `id ${String(id).slice(0, 40)} for '${piece}'`, 'a whole number');
      return [piece, id];
    }),
  );
}

/** A merge as `"a b"` or, in files since 2024, `["a", "b"]`. */
function pairOf(raw: unknown, where: string): string {
  const parts = typeof raw === 'string' ? raw.split(' ') : raw;
  if (Array.isArray(parts) && parts.length === 2) {
    const [left, right]: readonly unknown[] = parts;
    if (typeof left === 'string' && typeof right === 'string' && left !== '' && right !== '')
      return pairKey(left, right);
  }
  throw fail(where, `merge ${JSON.stringify(raw)?.slice(0, 40)}`, 'two pieces');
}

function ranksOf(merges: readonly unknown[], where: string): MergeRanks {
  if (merges.length === 0) throw fail(where, 'no merges', 'pairs of pieces in the order in which they were learned');
  return new Map(merges.map((raw, rank) => [pairOf(raw, where), rank]));
}

function addedToken(raw: unknown, where: string): AddedToken {
  if (!isRecord(raw) || typeof raw.content !== 'string' || raw.content === '' || !isId(raw.id))
    throw fail(where, 'an added token without content or id', 'content and id of each');
  return { content: raw.content, id: raw.id, normalized: raw.normalized === true };
}

function idOf(token: string, known: ReadonlyMap<string, number>, where: string): number {
  const id = known.get(token);
  if (id === undefined) throw fail(where, `no '${token}'`, 'the tokens that begin and end a text');
  return id;
}

/**
 * A Hugging Face `tokenizer.json`, parsed.
 *
 * @throws VitreousError `tokenizer-format` for another kind of tokenizer than CLIP's, or one without merges.
 */
export function readTokenizerJson(raw: unknown, where: string): TokenizerData {
  const model = isRecord(raw) ? raw.model : undefined;
  if (!isRecord(raw) || !isRecord(model)) throw fail(where, 'no model', 'a tokenizer.json');
  if (model.type !== undefined && model.type !== 'BPE')
    throw fail(where, `a ${String(model.type).slice(0, 40)} model`, "CLIP's BPE");
  if (model.end_of_word_suffix !== wordEnd)
    throw fail(where, `end_of_word_suffix ${JSON.stringify(model.end_of_word_suffix)?.slice(0, 40)}`, `"${wordEnd}"`);
  const vocabulary = vocabularyOf(model.vocab, where);
  const merges = ranksOf(Array.isArray(model.merges) ? model.merges : [], where);
  const added = (Array.isArray(raw.added_tokens) ? raw.added_tokens : []).map((token) => addedToken(token, where));
  const known = new Map([...vocabulary, ...added.map(({ content, id }) => [content, id] as const)]);
  const unknown = typeof model.unk_token === 'string' ? model.unk_token : endToken;
  const [startId, endId] = [idOf(startToken, known, where), idOf(endToken, known, where)];
  return { vocabulary, merges, added, startId, endId, unknownId: known.get(unknown) ?? endId };
}

/**
 * The older pair of files: `vocab.json`, parsed, and the text of `merges.txt`.
 *
 * @throws VitreousError `tokenizer-format`.
 */
export function readVocabularyAndMerges(vocab: unknown, mergesText: string, where: string): TokenizerData {
  const vocabulary = vocabularyOf(vocab, where);
  // The first line may be a comment with the format's version; '#' also begins pieces, so no other line is one.
  const lines = mergesText.split(/\r?\n/).filter((line, i) => line !== '' && !(i === 0 && line.startsWith('#version')));
  const merges = ranksOf(lines, where);
  const [startId, endId] = [idOf(startToken, vocabulary, where), idOf(endToken, vocabulary, where)];
  const added = [
    { content: startToken, id: startId, normalized: false },
    { content: endToken, id: endId, normalized: false },
  ];
  return { vocabulary, merges, added, startId, endId, unknownId: endId };
}
