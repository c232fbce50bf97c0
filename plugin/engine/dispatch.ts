import type { TypedKernel, UniformField } from '../gpu/shader.js';
import { eachUniform } from '../gpu/uniforms.js';
import type { Dispatch, UniformWord } from './op.js';
import { ceilDiv } from './op.js';

/** A dispatch whose uniforms are given by the names that the kernel's file has for them; the compiler checks them against the file. */
export type DispatchOf<U> = Omit<Dispatch, 'kernel' | 'uniforms'> & {
  readonly kernel: TypedKernel<U>;
  readonly uniforms: NoInfer<U>;
};

/** The words of a uniform block; what lies between members is 0. */
export function uniformWords(fields: readonly UniformField[], values: object): readonly UniformWord[] {
  const words: UniformWord[] = [];
  eachUniform(fields, values, (word, kind, value) => {
    // Numbers, but for a float that the plan sets: the kernel's type says so.
    if (typeof value !== 'number') words[word] = value as UniformWord;
    else words[word] = kind === 'u' ? value : kind === 'i' ? { i32: value } : { f32: value };
  });
  return Array.from(words, (word) => word ?? 0);
}

/** The words of a kernel's uniforms by name. */
export const uniformsOf = <U extends object>(kernel: TypedKernel<U>, uniforms: NoInfer<U>): readonly UniformWord[] =>
  uniformWords(kernel.uniforms, uniforms);

export function dispatch<U extends object>({ kernel, uniforms, ...rest }: DispatchOf<U>): Dispatch {
  return { ...rest, kernel, uniforms: uniformsOf(kernel, uniforms) };
}

/** Workgroups of a kernel over so many invocations each way. */
export function covering(
  { workgroup }: { readonly workgroup: readonly [x: number, y: number, z: number] },
  x: number,
  y = 1,
  z = 1,
): Dispatch['workgroups'] {
  return [ceilDiv(x, workgroup[0]), ceilDiv(y, workgroup[1]), ceilDiv(z, workgroup[2])];
}
