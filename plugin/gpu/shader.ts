import type { BindingKind, Kernel } from './kernel.js';

/** Unsigned, signed or floating, of 32 bits. */
export type UniformKind = 'u' | 'i' | 'f';

/** A member of a uniform struct, as the build reads it from the `.wgsl` file: where its first word lies, and how many numbers it has. */
export type UniformField =
  | readonly [name: string, kind: UniformKind, word: number, count?: number]
  | readonly [name: string, fields: readonly UniformField[], word: number, count: number, strideWords: number];

/** A `.wgsl` file with what its text says about itself: the named import `shader` of the file. `U`: its uniforms, by name. */
export interface Shader<U = unknown> {
  /** The untouched file. */
  readonly source: string;
  /** Of group 0, by ascending number. */
  readonly bindings: readonly (readonly [number: number, kind: BindingKind])[];
  readonly uniforms?: readonly UniformField[];
  /** Invocations of a workgroup, where the file gives them as numbers. */
  readonly workgroup?: readonly [x: number, y: number, z: number];
  /** Only a type: what `uniforms` describes. */
  readonly takes?: U;
}

/** A kernel that knows its uniforms by name and how many bindings it has. */
export interface TypedKernel<U> extends Kernel {
  readonly uniforms: readonly UniformField[];
  readonly workgroup: readonly [x: number, y: number, z: number];
  readonly takes?: U;
}

export interface KernelParts<U> {
  /** Shared WGSL placed before the file, in order. */
  readonly preludes?: readonly Shader[];
  /** The one of them that has the uniform struct, where the file itself has none. */
  readonly dims?: Shader<U>;
  readonly enables?: readonly 'subgroups'[];
  readonly tiles?: boolean;
}

/** The kernel of a file, with the bindings of its preludes among its own. */
export function kernelOf<U, D>(name: string, shader: Shader<U>, parts: KernelParts<D> = {}): TypedKernel<U & D> {
  const { preludes = [], dims, ...rest } = parts;
  const kinds: BindingKind[] = [];
  for (const { bindings } of [...preludes, shader]) for (const [number, kind] of bindings) kinds[number] = kind;
  return {
    name,
    source: shader.source,
    ...(preludes.length > 0 ? { preludes: preludes.map(({ source }) => source) } : {}),
    // A number that no text declares is bound all the same, to what nobody reads.
    bindings: Array.from(kinds, (kind) => kind ?? 'storage-read'),
    uniforms: (dims ?? shader).uniforms ?? [],
    workgroup: shader.workgroup ?? [1, 1, 1],
    ...rest,
  };
}
