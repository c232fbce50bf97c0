import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { codeThrownBy } from '../../plugin/engine/testing/thrown.js';
import { ClipTokenizer } from './tokenizer.js';
import { readTokenizerJson, readVocabularyAndMerges } from './tokenizer-data.js';

// Against `transformers`, by models/training/towers/tokenizer.py: its tokenizer.json cut down to what the cases use.

const file = (name: string): Buffer => readFileSync(new URL(`./testdata/${name}`, import.meta.url));
const json = JSON.parse(gunzipSync(file('tokenizer.json.gz')).toString()) as {
  model: { vocab: Record<string, number>; merges: [string, string][] };
  added_tokens: { normalized: boolean }[];
};
const cases = JSON.parse(file('tokenizer_cases.json').toString()) as {
  text: string;
  ids: number[];
  maxTokens?: number;
}[];
const shown = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

describe("ClipTokenizer equals transformers'", () => {
  const tokenizer = new ClipTokenizer(readTokenizerJson(json, 'tokenizer.json'));
  const mergesText = ['#version: 0.2', ...json.model.merges.map((pair) => pair.join(' ')), ''].join('\n');
  const older = new ClipTokenizer(readVocabularyAndMerges(json.model.vocab, mergesText, 'vocab.json'));

  it.each(cases.map((entry, i) => [`${i}: ${shown(entry.text)}`, entry] as const))('%j', (_name, entry) => {
    const max = entry.maxTokens ?? 77;
    expect(tokenizer.encode(entry.text, max)).toEqual(entry.ids);
    expect(older.encode(entry.text, max)).toEqual(entry.ids);
  });

  it('takes half a surrogate pair for U+FFFD', () => {
    expect(tokenizer.encode('a\ud83d', 77)).toEqual(tokenizer.encode('a\ufffd', 77));
    expect(tokenizer.encode('\udc36', 77)).toHaveLength(3);
  });

  it('cuts 10,000 characters to the length', () => {
    const ids = tokenizer.encode('z'.repeat(10_000), 77);
    expect(ids).toHaveLength(77);
    expect(ids.at(-1)).toBe(tokenizer.endId);
  });

  it('finds normalised added tokens in the normalised text', () => {
    const normalized = { ...json, added_tokens: json.added_tokens.map((token) => ({ ...token, normalized: true })) };
    const found = new ClipTokenizer(readTokenizerJson(normalized, 'tokenizer.json')).encode('x<|ENDOFTEXT|>y', 77);
    expect(found).toEqual([
      49406,
      ...tokenizer.encode('x', 77).slice(1, -1),
      49407,
      ...tokenizer.encode('y', 77).slice(1),
    ]);
  });

  it("reads merges as strings too, and takes '!' for a word where it is one", () => {
    const merges = json.model.merges.map((pair) => pair.join(' '));
    const padding = { id: 0, content: '!', normalized: false };
    const raw = { ...json, model: { ...json.model, merges }, added_tokens: [...json.added_tokens, padding] };
    expect(new ClipTokenizer(readTokenizerJson(raw, 'tokenizer.json')).encode('!!to', 77)).toEqual([
      49406,
      0,
      0,
      ...tokenizer.encode('to', 77).slice(1),
    ]);
  });
});

describe('other tokenizers are refused', () => {
  const model = json.model;
  it.each([
    ['no object', 7],
    ['no model', {}],
    ['another kind', { ...json, model: { ...model, type: 'WordPiece' } }],
    ['no end of word', { ...json, model: { ...model, end_of_word_suffix: '' } }],
    ['no merges', { ...json, model: { ...model, merges: [] } }],
    ['merges missing', { ...json, model: { ...model, merges: undefined } }],
    ['a merge of three', { ...json, model: { ...model, merges: ['a b c'] } }],
    ['an id that is none', { ...json, model: { ...model, vocab: { a: 'one' } } }],
    ['no vocabulary', { ...json, model: { ...model, vocab: undefined } }],
    ['no end token', { ...json, added_tokens: [], model: { ...model, vocab: { a: 1 } } }],
    ['an added token without id', { ...json, added_tokens: [{ content: 'x' }] }],
  ])('%s', (_name, raw) => {
    expect(codeThrownBy(() => readTokenizerJson(raw, 'tokenizer.json'))).toBe('tokenizer-format');
  });

  it('vocab.json without merges', () => {
    expect(codeThrownBy(() => readVocabularyAndMerges(model.vocab, '#version: 0.2\n', 'vocab.json'))).toBe(
      'tokenizer-format',
    );
  });
});
