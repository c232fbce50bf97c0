import { describe, expect, test } from 'vitest';
import { expand } from './expand.js';
import { Graph } from './graph.js';
import { windowBlock, windowBlockOp } from './ops/window-block.js';
import type { WindowBlockAttrs } from './ops/window-block-attrs.js';
import { compile } from './plan/compile.js';
import { tensor } from './tensor.js';
import { testCaps } from './testing/caps.js';

const attrs: WindowBlockAttrs = {
  block: 'block',
  heads: 2,
  hiddenChannels: 32,
  window: [8, 8],
  eps: 1e-5,
  local: 'local',
  out: { norm: 'norm', linear: 'out', outChannels: 16 },
};

function twoBlocks(): Graph {
  const graph = new Graph();
  const { out: _none, ...first } = attrs;
  const z = windowBlock(graph, graph.input('z', tensor([9, 10, 16])), first, 'first');
  graph.output(windowBlock(graph, z, { ...attrs, block: 'next' }, 'y'));
  return graph;
}

const opNames = (graph: Graph): readonly string[] => graph.nodes.map(({ op }) => op.name);
const software = testCaps({ software: true });

describe('a composite op', () => {
  test('stays whole where the device takes it', () => {
    expect(opNames(expand(twoBlocks(), testCaps(), () => false))).toEqual(['windowBlock', 'windowBlock']);
  });

  test('stays whole where its variant is forced', () => {
    expect(opNames(expand(twoBlocks(), software, () => true))).toEqual(['windowBlock', 'windowBlock']);
  });

  test('gives way to its parts, which compute the same values', () => {
    const whole = twoBlocks();
    const parts = expand(whole, software, () => false);
    expect(opNames(parts)).not.toContain('windowBlock');
    const written = parts.nodes.flatMap(({ outputs }) => outputs);
    for (const { outputs } of whole.nodes) for (const value of outputs) expect(written).toContain(value);
    expect(new Set(written.map(({ id }) => id)).size).toBe(written.length);
    expect(parts.outputs).toEqual(whole.outputs);
  });

  test('is one dispatch whole, and several kernels in parts', () => {
    const kernels = (caps: typeof software): readonly string[] =>
      compile(twoBlocks(), { caps, precision: 'f32' }).steps.map(({ kernel }) => kernel.name);
    expect(kernels(testCaps())).toEqual(['window_block', 'window_block']);
    expect(kernels(software).filter((name) => name === 'attention')).toHaveLength(2);
    expect(kernels(software)).not.toContain('window_block');
  });
});

describe('windowBlock', () => {
  const problem = (side: number, channels: number) => {
    const inputs = [tensor([9, 10, channels])];
    const own = { ...attrs, window: [side, side] as const };
    return { inputs, outputs: windowBlockOp.infer(inputs, own), attrs: own };
  };

  test.each([
    ['subgroups', 8, 16, {}, ['shared', 'broadcast']],
    ['no subgroups', 8, 16, { subgroups: false }, ['shared']],
    ['more tokens than invocations', 17, 16, {}, []],
    ['more weights than uniform memory', 8, 64, {}, []],
    ['a head beyond workgroup memory', 16, 32, {}, []],
  ] as const)('with %s has its legal variants', (_name, side, channels, caps, expected) => {
    expect(windowBlockOp.variants(problem(side, channels), testCaps(caps)).map(({ id }) => id)).toEqual(expected);
  });
});
