import type { TypedKernel, UniformField, UniformKind } from './shader.js';

/** Hands on every number of a uniform struct: the word it goes to, and of which kind that is. */
export function eachUniform(
  fields: readonly UniformField[],
  values: object,
  take: (word: number, kind: UniformKind, value: unknown) => void,
  first = 0,
): void {
  for (const [name, kind, at, , strideWords = 1] of fields) {
    const value: unknown = Reflect.get(values, name);
    [value].flat().forEach((one: unknown, i) => {
      const word = first + at + i * strideWords;
      if (typeof kind === 'string') take(word, kind, one);
      // An array of structs has objects, as its type says.
      else eachUniform(kind, one as object, take, word);
    });
  }
}

/** The uniform block of a kernel, padded to a multiple of 16 bytes. */
export function uniformBytes<U extends object>(kernel: TypedKernel<U>, values: NoInfer<U>): Uint32Array<ArrayBuffer> {
  const words: number[] = [];
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  eachUniform(kernel.uniforms, values, (word, kind, value) => {
    if (kind === 'f') float[0] = Number(value);
    words[word] = kind === 'f' ? (bits[0] ?? 0) : Number(value);
  });
  const block = new Uint32Array(Math.ceil(words.length / 4) * 4);
  words.forEach((word, i) => {
    block[i] = word;
  });
  return block;
}
