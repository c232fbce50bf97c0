import gridPrelude from '../../shaders/prelude/tile_of_grid.wgsl';
import listedPrelude from '../../shaders/prelude/tile_of_list.wgsl';

/** What a kernel's binding is, in the order of its `@binding` numbers in group 0. */
export type BindingKind =
  | 'uniform'
  | 'storage-read'
  | 'storage-write'
  | 'texture'
  | 'texture-unfilterable'
  | 'storage-texture-rgba8unorm'
  | 'external-texture'
  | 'sampler';

/** Storage type of a kernel's numbers: WGSL `real`. Arithmetic accumulates in f32 either way. */
export type Precision = 'f32' | 'f16';

/** One `.wgsl` file and what its text cannot say in data: its bindings and the workgroup it was written for. */
export interface Kernel {
  readonly name: string;
  /** The untouched file. */
  readonly source: string;
  /** Shared WGSL placed before the file, after the precision prelude. */
  readonly preludes?: readonly string[];
  readonly bindings: readonly BindingKind[];
  /** WGSL extensions it needs beside f16; the op offers it where the device has them. */
  readonly enables?: readonly 'subgroups'[];
  /** Its workgroups ask `tile_of` where they work, so that a list may name the ones to run. */
  readonly tiles?: boolean;
}

export type Consts = Readonly<Record<string, number | boolean>>;

const precisionPrelude: Readonly<Record<Precision, string>> = {
  f32: 'alias real = f32;\nalias real4 = vec4<f32>;\n',
  f16: 'enable f16;\nalias real = f16;\nalias real4 = vec4<f16>;\n',
};

function constLine(name: string, value: number | boolean): string {
  if (typeof value === 'boolean') return `const ${name}: bool = ${value};`;
  if (!Number.isInteger(value)) return `const ${name}: f32 = ${value};`;
  return value < 0 ? `const ${name}: i32 = ${value};` : `const ${name}: u32 = ${value}u;`;
}

/**
 * The one way shader text is composed: extensions + precision prelude + generated `const` block + preludes + the untouched file.
 *
 * @param listed the kernel's workgroups are those of a list in group 1, not all of a grid
 */
export function composeWgsl(kernel: Kernel, precision: Precision, consts: Consts = {}, listed = false): string {
  const block = Object.entries(consts)
    .map(([name, value]) => constLine(name, value))
    .join('\n');
  const tiles = kernel.tiles ? [listed ? listedPrelude : gridPrelude] : [];
  const enables = (kernel.enables ?? []).map((extension) => `enable ${extension};`);
  return [...enables, precisionPrelude[precision], block, ...tiles, ...(kernel.preludes ?? []), kernel.source].join(
    '\n',
  );
}
