import type { Precision } from '../../gpu/kernel.js';
import { type Expert, expertReader, type Reader } from './reader.js';
import type { Numbers } from './source.js';

/** What a piece of packed weights is, whatever packs it. */
interface Piece {
  /** Says all that decides its numbers: equal keys, equal numbers of the same source. */
  readonly key: string;
  /** Names of the tensors that it holds numbers of. */
  readonly names: readonly string[];
  /** Scalars, a multiple of 4. */
  readonly length: number;
}

/** Numbers of a tensor in a kernel's own order, at either precision. */
export interface Part extends Piece {
  pack<N extends Numbers>(from: Reader<N>): N;
}

/** Numbers that are computed, not only put in another order: in f32 alone. */
export interface FloatPart extends Piece {
  pack(from: Reader<Float32Array>): Float32Array;
}

/** u32 words that a kernel reads in its own way, such as packed int8. */
export interface WordPart extends Piece {
  pack(from: Reader<Float32Array>): Uint32Array;
}

/** Parameters in a kernel's own order: parts one behind the other, each packed in a task of its own. */
export interface PackedWeights extends Piece {
  /** The plan's precision. */
  readonly dtype: 'real';
  readonly parts: readonly Part[];
}

/** Stored in f32 at every precision, as a kernel that binds them as 'uniform' reads them. */
export interface PackedFloats extends Piece {
  readonly dtype: 'f32';
  readonly parts: readonly FloatPart[];
}

/** Words, the same at every precision. */
export interface PackedWords extends Piece {
  readonly dtype: 'word';
  readonly parts: readonly WordPart[];
  /** A convolution in packed int8: what a GPU needs to pack a mixture of experts itself. */
  readonly int8?: Int8Words;
}

export type Packed = PackedWeights | PackedFloats | PackedWords;

/** Where words of packed int8 come from, and where in them, in vectors of 4, the parameters of the outputs and the zero points begin. */
export interface Int8Words {
  /** Names of the weights [outChannels, inChannels, 3, 3], the biases and the PReLU slopes, if any. */
  readonly weight: string;
  readonly bias: string;
  readonly slope?: string;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly inputScale: number;
  readonly paramsAt: number;
  readonly zerosAt: number;
  /** The words as if all weights were 0: what none of them decides. */
  readonly fixed: PackedWords;
}

/** How pieces of one kind are packed from plain data, which is all that decides them besides the tensors. */
interface Kind<A, Pack> {
  readonly names: (args: A) => readonly string[];
  readonly length: (args: A) => number;
  readonly pack: (args: A) => Pack;
}

/** Defines a kind of piece. Its arguments are plain data, and its key is made of all of them: none can be forgotten in it. */
const pieces =
  <A, Pack>(kind: string, { names, length, pack }: Kind<A, Pack>) =>
  (args: A): Piece & { readonly pack: Pack } => ({
    key: `${kind}${JSON.stringify(args)}`,
    names: names(args),
    length: length(args),
    pack: pack(args),
  });

export const partKind = <A>(kind: string, of: Kind<A, Part['pack']>): ((args: A) => Part) => pieces(kind, of);
export const floatPartKind = <A>(kind: string, of: Kind<A, FloatPart['pack']>): ((args: A) => FloatPart) =>
  pieces(kind, of);
export const wordPartKind = <A>(kind: string, of: Kind<A, WordPart['pack']>): ((args: A) => WordPart) =>
  pieces(kind, of);

const joined = (parts: readonly Piece[]): Piece => ({
  key: parts.map(({ key }) => key).join('+'),
  names: [...new Set(parts.flatMap(({ names }) => names))],
  length: parts.reduce((length, part) => length + part.length, 0),
});

export const packedWeights = (...parts: readonly Part[]): PackedWeights => ({ ...joined(parts), dtype: 'real', parts });
export const packedFloats = (...parts: readonly FloatPart[]): PackedFloats => ({
  ...joined(parts),
  dtype: 'f32',
  parts,
});
export const packedWords = (part: WordPart, int8?: Int8Words): PackedWords => ({
  ...joined([part]),
  dtype: 'word',
  parts: [part],
  ...(int8 ? { int8 } : {}),
});

/** The same part of one expert's tensors. */
export function ofExpert({ key, names, length, pack }: Part, expert: Expert): Part {
  return {
    key: `${expert.index}/${expert.count}:${key}`,
    names,
    length,
    pack: (from) => pack(expertReader(from, expert)),
  };
}

/** Whether it is stored in f16 by a plan of this precision. */
export const isHalf = ({ dtype }: Packed, precision: Precision): boolean => dtype === 'real' && precision === 'f16';

/** Bytes on a device. */
export const packedBytes = (packed: Packed, precision: Precision): number =>
  packed.length * (isHalf(packed, precision) ? 2 : 4);
