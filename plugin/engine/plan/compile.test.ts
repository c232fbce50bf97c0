import { describe, expect, test } from 'vitest';
import { Graph } from '../graph.js';
import { input, type Op, output, weights } from '../op.js';
import { activation } from '../ops/activation.js';
import { blendWeights } from '../ops/blend-weights.js';
import { add, addOp } from '../ops/broadcast.js';
import { conv2d } from '../ops/conv2d.js';
import { expertMixture } from '../ops/expert-mixture.js';
import { luma } from '../ops/image/luma.js';
import { lumaResidual } from '../ops/image/luma-residual.js';
import { keep } from '../ops/keep.js';
import { patchSpectrum } from '../ops/patch-spectrum.js';
import { pixelShuffle } from '../ops/pixel-shuffle.js';
import { reshape } from '../ops/reshape.js';
import { split } from '../ops/split.js';
import { asTensor, image, tensor } from '../tensor.js';
import { testCaps } from '../testing/caps.js';
import { packAll } from '../testing/packed.js';
import { codeThrownBy } from '../testing/thrown.js';
import type { Value } from '../value.js';
import { vector } from '../weights/pack/vector.js';
import { packedWeights } from '../weights/packing.js';
import { compile } from './compile.js';
import { planToJson } from './json.js';
import type { Plan } from './plan.js';

const options = { caps: testCaps(), precision: 'f16' } as const;

const conv = (graph: Graph, x: Value, name: string, outChannels = 8) =>
  conv2d(graph, x, { weight: `${name}.weight`, bias: `${name}.bias`, outChannels, kernel: [3, 3], padding: [1, 1] });

/** Two convolutions, the first activated, the second with a residual, then a pixel shuffle. */
function smallNetwork(): Graph {
  const graph = new Graph();
  const head = activation(
    graph,
    conv(graph, graph.input('x', tensor([5, 7, 3])), 'head'),
    { activation: 'silu' },
    'act',
  );
  const body = add(graph, conv(graph, head, 'body'), head, 'skip');
  graph.output(pixelShuffle(graph, body, { factor: 2 }, 'picture'));
  return graph;
}

const bindingsOf = (plan: Plan, step: number) => plan.steps[step]?.bindings ?? [];

describe('a small network', () => {
  test('as JSON', () => {
    expect(planToJson(compile(smallNetwork(), options))).toMatchSnapshot();
  });

  test('compiles the same twice', () => {
    expect(planToJson(compile(smallNetwork(), options))).toEqual(planToJson(compile(smallNetwork(), options)));
  });

  test('counts its multiply-accumulates without padding lanes', () => {
    expect(compile(smallNetwork(), options).macs).toBe(5 * 7 * 9 * (3 * 8 + 8 * 8));
  });

  test('moves twice the bytes in f32', () => {
    const [half, single] = [
      compile(smallNetwork(), options),
      compile(smallNetwork(), { ...options, precision: 'f32' }),
    ];
    expect(single.readBytes).toBe(2 * half.readBytes);
    expect(single.writtenBytes).toBe(2 * half.writtenBytes);
  });

  test('unfused has a step a node', () => {
    const plan = compile(smallNetwork(), { ...options, fuse: false });
    expect(plan.steps.map(({ kernel }) => kernel.name)).toEqual([
      'conv2d',
      'activation',
      'conv2d',
      'broadcast',
      'rearrange',
    ]);
  });

  test('places every uniform block at its own aligned offset', () => {
    const plan = compile(smallNetwork(), options);
    expect(plan.steps.map((step) => step.uniformOffsetBytes)).toEqual([0, 256, 512]);
    // The last, a rearrangement, has 81 words.
    expect(plan.uniformBytes).toBe(512 + 512);
  });
});

describe('variants', () => {
  test('a forced one is taken', () => {
    const plan = compile(smallNetwork(), {
      ...options,
      force: ({ op }) => (op.name === 'conv2d' ? 'loop-1x1' : undefined),
    });
    expect(plan.steps.map(({ variant }) => variant)).toEqual(['loop-1x1', 'loop-1x1', 'lanes']);
  });

  test('an illegal one is refused', () => {
    expect(codeThrownBy(() => compile(smallNetwork(), { ...options, force: () => 'winograd' }))).toBe(
      'variant-illegal',
    );
  });
});

describe('blended weights', () => {
  const tokens = { filters: 8, patch: 8, floor: 0.01, weight: 't.w', mean: 't.m', deviation: 't.d' } as const;
  const average = {
    mean: 'a.m',
    deviation: 'a.d',
    hidden: 'a.hidden',
    mixture: 'a.mixture',
    experts: 3,
    averageRate: 1,
    hysteresis: 0,
  };

  /** A frame's patches decide in which mixture its two convolutions take their weights. */
  function blendedNetwork(prefixes: readonly string[]): Graph {
    const graph = new Graph();
    const frame = graph.input('frame', image(33, 19));
    graph.segment('mixture', { kind: 'one-in', frames: 4 }, () => {
      const mixture = expertMixture(graph, patchSpectrum(graph, frame, tokens, 'tokens'), average, 'mixture');
      blendWeights(graph, mixture, { experts: 3, prefixes });
    });
    const residual = conv(graph, conv(graph, luma(graph, frame), 'head'), 'tail', 4);
    graph.output(lumaResidual(graph, frame, residual));
    return graph;
  }
  const plan = compile(blendedNetwork(['head.', 'tail.']), { ...options, adaptive: true });
  const steps = plan.steps.map(({ label }) => label);

  test('are made by one step behind the one that says how, and read from there', () => {
    expect(steps.slice(0, 3)).toEqual(['tokens', 'mixture', 'mixture.blend']);
    const [experts, mixture, all] = bindingsOf(plan, 2);
    const names = ['head.weight', 'head.bias', 'tail.weight', 'tail.bias'];
    expect(experts).toMatchObject({ kind: 'weights', names });
    expect(mixture).toMatchObject({ kind: 'io', value: 'mixture' });
    expect(all).toEqual({ kind: 'computed', offsetBytes: 0, sizeBytes: plan.computedBytes, names });
    const read = plan.steps.slice(3).flatMap(({ bindings }) => bindings.filter(({ kind }) => kind !== 'arena'));
    expect(read.filter(({ kind }) => kind === 'weights')).toEqual([]);
    expect(read.some(({ kind }) => kind === 'computed')).toBe(true);
  });

  test('have all versions beside each other, each in the order of the blended ones', () => {
    const packed = plan.weights.find(({ names }) => names.includes('head.weight'));
    expect(packed?.length).toBe((3 * plan.computedBytes) / 2);
    // Each version's own number everywhere: what is not padding is that number.
    const versions = {
      get: (_name: string, shape: readonly number[]) => {
        const length = shape.reduce((product, n) => product * n, 1);
        return Float32Array.from({ length }, (_, i) => 1 + Math.floor((i * (shape[0] ?? 1)) / length));
      },
    };
    const values = packed ? [...packAll(packed, versions)] : [];
    const length = values.length / 3;
    for (const k of [0, 1, 2]) expect(new Set(values.slice(k * length, (k + 1) * length))).toEqual(new Set([0, k + 1]));
  });

  test('make all tiles run anew where they change', () => {
    expect(plan.tiling?.voidedBy).toBe('mixture');
    expect(plan.tiling?.listOf).toHaveLength(plan.steps.length);
  });

  test('have steps that decide them, as a whole, and may be left out while they stay', () => {
    expect(plan.segments).toEqual([
      { name: 'mixture', condition: { kind: 'one-in', frames: 4 }, first: 0, end: 3, updates: ['mixture'] },
      { name: 'frame', condition: { kind: 'every-frame' }, first: 3, end: 5, updates: [] },
    ]);
    expect(plan.states.map(({ name }) => name)).toEqual(['mixture']);
    expect(plan.tiling?.listOf.map((list) => list === undefined)).toEqual([true, true, true, false, false]);
  });

  test('are refused where they are read before they are computed', () => {
    const graph = new Graph();
    const frame = graph.input('frame', image(33, 19));
    graph.output(lumaResidual(graph, frame, conv(graph, luma(graph, frame), 'tail', 4)));
    blendWeights(graph, graph.state('mixture', tensor([1, 1, 4])), { experts: 3, prefixes: ['tail.'] });
    expect(codeThrownBy(() => compile(graph, options))).toBe('graph-invalid');
  });

  test('are refused where a kernel reads some that are not', () => {
    expect(codeThrownBy(() => compile(blendedNetwork(['head.weight', 'tail.']), options))).toBe('graph-invalid');
  });
});

describe('weights', () => {
  const packed = packedWeights(vector({ name: 'w', length: 8 }));
  const kernel = { name: 'test', source: '', bindings: [] };
  const step = { kernel, consts: {}, uniforms: [], workgroups: [1, 1, 1], macs: 0, footprint: 'whole' } as const;
  const twice: Op<undefined> = {
    name: 'twice',
    infer: ([x]) => [asTensor(x)],
    variants: () => [{ id: 'only', consts: {} }],
    lower: () => [
      { ...step, bindings: [weights(packed), input(0), output()] },
      { ...step, bindings: [weights(packed), input(0), output()] },
    ],
  };

  test('that two dispatches share are placed once', () => {
    const graph = new Graph();
    graph.output(graph.add(twice, [graph.input('x', tensor([4]))], undefined, 'y'));
    const plan = compile(graph, options);
    expect(plan.weights).toEqual([packed]);
    expect(plan.weightBytes).toBe(16);
    expect(bindingsOf(plan, 0)[0]).toEqual({ kind: 'weights', index: 0, sizeBytes: 16, names: ['w'] });
    expect(bindingsOf(plan, 1)[0]).toEqual(bindingsOf(plan, 0)[0]);
  });

  test('of different layers are different ones', () => {
    // 2 groups out, 9 taps, 1 group in, 16 numbers; then 8 of bias and 4 of slope: 300 numbers.
    expect(compile(smallNetwork(), options).weights.map(({ length }) => length)).toEqual([300, 588]);
  });
});

describe('views', () => {
  test('share the storage of what they view, and outlive its own last reader', () => {
    const graph = new Graph();
    const a = activation(graph, graph.input('x', tensor([5, 7, 8])), { activation: 'relu' }, 'a');
    const view = reshape(graph, a, { shape: [35, 8] }, 'view');
    const b = activation(graph, a, { activation: 'silu' }, 'b');
    const c = activation(graph, reshape(graph, b, { shape: [35, 8] }, 'b.rows'), { activation: 'silu' }, 'c');
    graph.output(add(graph, c, view, 'y'));
    const plan = compile(graph, options);
    expect(plan.steps.map(({ label }) => label)).toEqual(['a', 'b', 'c', 'y']);
    expect(bindingsOf(plan, 3)[1]).toEqual(bindingsOf(plan, 0)[2]);
    // Nothing is written over a before its view is read.
    const written = [0, 1, 2].map((step) => bindingsOf(plan, step)[2]);
    const places = written.map((binding) =>
      binding?.kind === 'arena' ? `${binding.color}+${binding.offsetBytes}` : binding?.kind,
    );
    expect(places).toEqual(['0+0', '1+0', '0+768']);
    expect(plan.views).toEqual({});
  });

  test('of a view reach the first owner', () => {
    const graph = new Graph();
    const x = graph.input('x', tensor([2, 6, 4]));
    const view = reshape(graph, reshape(graph, x, { shape: [12, 4] }, 'one'), { shape: [3, 4, 4] }, 'two');
    graph.output(activation(graph, view, { activation: 'relu' }, 'y'));
    expect(bindingsOf(compile(graph, options), 0)[0]).toMatchObject({ kind: 'io', value: 'x' });
  });

  test('that are outputs name the value whose buffer they share', () => {
    const graph = new Graph();
    const a = activation(graph, graph.input('x', tensor([2, 6, 4])), { activation: 'relu' }, 'a');
    graph.output(reshape(graph, a, { shape: [12, 4] }, 'y'));
    const plan = compile(graph, options);
    expect(plan.views).toEqual({ y: 'a' });
    expect(bindingsOf(plan, 0)[2]).toMatchObject({ kind: 'io', value: 'a' });
  });
});

describe('params', () => {
  const op = (defaults: readonly number[]): Op<undefined> => ({
    name: 'params',
    infer: ([x]) => [asTensor(x)],
    variants: () => [{ id: 'only', consts: {} }],
    lower: () =>
      defaults.map((value) => ({
        kernel: { name: 'test', source: '', bindings: [] },
        consts: {},
        uniforms: [7, { param: 'strength', default: value }],
        bindings: [input(0), output()],
        workgroups: [1, 1, 1],
        macs: 0,
        footprint: 'whole',
      })),
  });
  const planOf = (defaults: readonly number[]): Plan => {
    const graph = new Graph();
    graph.output(graph.add(op(defaults), [graph.input('x', tensor([4]))], undefined, 'y'));
    return compile(graph, options);
  };

  test('are listed with every place they stand in', () => {
    expect(planOf([1, 1]).params).toEqual([{ name: 'strength', default: 1, offsetsBytes: [4, 260] }]);
    expect(compile(smallNetwork(), options).params).toEqual([]);
  });

  test('of two defaults are refused', () => {
    expect(codeThrownBy(() => planOf([1, 0]))).toBe('graph-invalid');
  });
});

describe('names', () => {
  const named = (names: readonly string[]): Graph => {
    const graph = new Graph();
    const x = graph.input('x', tensor([4]));
    for (const name of names) graph.output(activation(graph, x, { activation: 'relu' }, name));
    return graph;
  };

  test.each([
    ['two outputs', named(['y', 'y'])],
    ['an input and an output', named(['x'])],
  ])('that %s share are refused: they would share a buffer', (_name, graph) => {
    expect(codeThrownBy(() => compile(graph, options))).toBe('graph-invalid');
  });

  test('of an input that is an output as well are one', () => {
    const graph = named(['y']);
    for (const value of graph.inputs) graph.output(value);
    expect(compile(graph, options).outputs.map(({ name }) => name)).toEqual(['y', 'x']);
  });
});

test('parts of a split outlive the step that writes them', () => {
  const graph = new Graph();
  const parts = split(graph, graph.input('x', tensor([3, 12])), { axis: -1, sizes: [4, 4, 4] }, 'parts');
  const [first, ...rest] = parts.map((part, i) => activation(graph, part, { activation: 'relu' }, `act.${i}`));
  if (!first) throw new Error('no part');
  graph.output(rest.reduce((sum, part, i) => add(graph, sum, part, `sum.${i}`), first));
  const plan = compile(graph, { ...options, fuse: false });
  const places = [0, 1, 2].map((step) => JSON.stringify(bindingsOf(plan, step)[1]));
  expect(new Set(places).size).toBe(3);
});

describe('segments and states', () => {
  const type = tensor([1, 1, 4]);
  const seldom = { kind: 'one-in', frames: 2 } as const;
  const scene = () => {
    const graph = new Graph();
    return { graph, x: graph.input('x', type), state: graph.state('state', type) };
  };

  test('what a segment leaves for others must last where it does not run with every frame', () => {
    const { graph, x, state } = scene();
    const passing = graph.segment('seldom', seldom, () => add(graph, x, x, 'passing'));
    graph.output(add(graph, passing, state, 'y'));
    expect(codeThrownBy(() => compile(graph, { ...options, fuse: false }))).toBe('graph-invalid');
    // An output has a buffer of its own: it stays.
    graph.output(passing);
    expect(compile(graph, options).segments.map(({ name }) => name)).toEqual(['seldom', 'frame']);
  });

  test.each<[string, (of: ReturnType<typeof scene>) => unknown]>([
    [
      'a state that is read after it was updated',
      ({ graph, x, state }) => [keep(graph, x, state), add(graph, x, state, 'y')],
    ],
    ['a state that is updated twice', ({ graph, x, state }) => [keep(graph, x, state), keep(graph, x, state)]],
    [
      'a node that reads what it updates',
      ({ graph, x, state }) => graph.update(addOp, [x, state], state, undefined, 'y'),
    ],
    ['a state of another shape', ({ graph, state }) => keep(graph, graph.input('z', tensor([1, 1, 8])), state)],
    ['a state named like an input', ({ graph, x }) => keep(graph, x, graph.state('x', type))],
  ])('%s is refused', (_name, build) => {
    const all = scene();
    const compiled = () => {
      build(all);
      return compile(all.graph, { ...options, fuse: false });
    };
    expect(codeThrownBy(compiled)).toBe('graph-invalid');
  });

  test('a state nobody reads is written all the same', () => {
    const { graph, x, state } = scene();
    keep(graph, x, state);
    const plan = compile(graph, options);
    expect(plan.steps).toHaveLength(1);
    expect(plan.segments[0]?.updates).toEqual(['state']);
  });
});
