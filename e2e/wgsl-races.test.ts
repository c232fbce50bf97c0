import { describe, expect, test } from 'vitest';
import { detectRaces } from 'wgsl_reflect/wgsl_reflect.module.js';
import { shaderFiles } from './shaders/files.js';
import { parsable } from './shaders/parsable.js';

// Kernels whose invocations share memory, run by wgsl_reflect's interpreter, which reports what two of them do to one word, or one vector, without a barrier
// between. It does not see barriers in functions that are called: norm.wgsl and group_norm.wgsl, whose barriers are there, are read instead.

const shaders = shaderFiles();
const noise = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(i));
const bits = (value: number): number => new Uint32Array(new Float32Array([value]).buffer)[0] ?? 0;
const dims = (...words: readonly number[]) => ({ uniform: Uint32Array.from(words) });
const constants = (values: Readonly<Record<string, number | boolean>>): string =>
  Object.entries(values)
    .map(([name, value]) => `const ${name}: ${typeof value === 'number' ? `u32 = ${value}u` : `bool = ${value}`};\n`)
    .join('');

type Buffers = Readonly<Record<number, object>>;

function racesOf(source: string, buffers: Buffers, workgroups: number[]): readonly string[] {
  const { races, errors } = detectRaces(parsable(source), 'main', workgroups, { 0: buffers });
  return [...races.map(({ message }) => message), ...errors];
}

const chain = { GROUPS: 1, HEAD: false, TAIL: false, TILE: 4, MARGIN: 2, HELD: 1, UNROLL: true, ACTIVATION: 0 };
const block = {
  ...{ WEIGHTS: 400, TOKENS: 8, GROUPS: 2, HEAD_GROUPS: 1, HIDDEN_GROUPS: 2, OUT_GROUPS: 0 },
  ...{ LOCAL: false, OUT: false, ACTIVATION: 3 },
};

interface Case {
  readonly files: readonly string[];
  readonly consts?: Readonly<Record<string, number | boolean>>;
  readonly buffers: Buffers;
  readonly workgroups: number[];
}

const cases: Readonly<Record<string, Case>> = {
  'a mean over all pixels': {
    files: ['engine/global_average_pool'],
    buffers: { 0: dims(70, 2, 0, 0), 1: noise(560), 2: new Float32Array(8) },
    workgroups: [2, 1, 1],
  },
  'a tiled product': {
    files: ['prelude/lanes', 'prelude/activation', 'engine/matmul_tiled'],
    consts: { ACTIVATION: 0, RESIDUAL: 0 },
    buffers: {
      ...{ 0: dims(5, 8, 2, 2, 8, 0, 0, 0, 0, 0, 0, 0), 1: noise(40), 2: noise(64), 3: noise(40) },
      4: new Float32Array(40),
    },
    workgroups: [1, 1, 1],
  },
  'a mixture of experts': {
    files: ['prelude/weights_uniform', 'engine/expert_mixture'],
    consts: { WEIGHTS: 200, GROUPS: 2, EXPERT_GROUPS: 1 },
    buffers: {
      ...{ 0: dims(5, 3, 1, 2, 0, bits(0.25), 0, 0), 1: { uniform: noise(800) }, 2: noise(40) },
      3: new Float32Array(12),
    },
    workgroups: [1, 1, 1],
  },
  'a chain of convolutions': {
    files: [
      ...['tile_of_grid', 'chain_dims', 'frame', 'activation', 'luma', 'chain_from_map', 'chain_to_map'].map(
        (name) => `prelude/${name}`,
      ),
      'engine/conv_chain',
    ],
    consts: chain,
    buffers: { 0: dims(6, 5, 2, 3, 1, 0, 0, 0), 1: noise(400), 3: noise(120), 4: new Float32Array(120) },
    workgroups: [2, 2, 1],
  },
  'a transformer block': {
    files: ['tile_of_grid', 'activation', 'weights_uniform', 'keys_shared']
      .map((name) => `prelude/${name}`)
      .concat('engine/window_block'),
    consts: block,
    buffers: {
      ...{ 0: dims(5, 3, 3, 2, 2, 1, 2, 0, bits(1e-5), bits(0.5), 0, 0), 1: { uniform: noise(1600) }, 2: noise(120) },
      3: new Float32Array(120),
    },
    workgroups: [2, 2, 1],
  },
  'lists of tiles': {
    files: ['upscale/tile_lists'],
    buffers: {
      0: dims(10, 8, 0, 0),
      1: Uint32Array.from([0xffffffff, 0, 5, 0, 0, 0, 0, 1]),
      2: Uint32Array.from([0x20000, 0x40002, 0x60004, 0x40000, 0x80004]),
      3: Uint32Array.from([0, 0, 3, 2]),
      4: new Uint32Array(16),
      5: Uint32Array.from([0, 1, 1, 0]),
    },
    workgroups: [1, 1, 1],
  },
  'int8 weights of a mixture': {
    files: ['engine/blend_weights_int8'],
    buffers: {
      ...{ 0: dims(4, 6, 18, 28, 2, 66, bits(0.01), 0), 1: noise(528), 2: noise(4), 3: new Uint32Array(116) },
      4: new Uint32Array(116),
    },
    workgroups: [1, 1, 1],
  },
};

describe('memory that invocations share', () => {
  test.each(Object.entries(cases))('%s: nothing is written and read without a barrier between', (_name, one) => {
    const { files, consts = {}, buffers, workgroups } = one;
    const source = constants(consts) + files.map((name) => shaders[`${name}.wgsl`] ?? '').join('\n');
    expect(racesOf(source, buffers, workgroups)).toEqual([]);
  });

  test('a component of one vector an invocation is a race', () => {
    const source = `@group(0) @binding(0) var<storage, read_write> w: array<vec4u>;
@compute @workgroup_size(4) fn main(@builtin(local_invocation_index) i: u32) { w[0][i] = i; }`;
    expect(racesOf(source, { 0: new Uint32Array(4) }, [1, 1, 1])[0]).toContain("Data race on 'w'");
  });

  test('a sum without a barrier is a race', () => {
    const source = (shaders['engine/global_average_pool.wgsl'] ?? '').replace('workgroupBarrier();\n  for', '\n  for');
    const buffers = { 0: dims(70, 2, 0, 0), 1: noise(560), 2: new Float32Array(8) };
    expect(racesOf(source, buffers, [1, 1, 1])[0]).toContain("Data race on 'sums'");
  });
});
