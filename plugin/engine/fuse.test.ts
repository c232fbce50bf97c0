import { describe, expect, test } from 'vitest';
import { fuse as fuseFor } from './fuse.js';
import { Graph } from './graph.js';
import { activation } from './ops/activation.js';
import { add } from './ops/broadcast.js';
import { type Conv2dAttrs, conv2d } from './ops/conv2d.js';
import { luma } from './ops/image/luma.js';
import { image, tensor } from './tensor.js';
import { testCaps } from './testing/caps.js';
import type { Value } from './value.js';

const fuse = (graph: Graph): Graph => fuseFor(graph, { caps: testCaps(), precision: 'f16' });

const conv = (graph: Graph, x: Value, name: string, attrs: Partial<Conv2dAttrs> = {}) =>
  conv2d(graph, x, { weight: `${name}.weight`, outChannels: 8, kernel: [3, 3], padding: [1, 1], ...attrs });

function withInput(build: (graph: Graph, x: Value) => readonly Value[]): Graph {
  const graph = new Graph();
  for (const value of build(graph, graph.input('x', tensor([5, 7, 8])))) graph.output(value);
  return graph;
}

/** Nodes as `op name(inputs)`, in order. */
const printed = (graph: Graph): readonly string[] =>
  graph.nodes.map(({ op, name, inputs }) => `${op.name} ${name}(${inputs.map((value) => value.name).join(', ')})`);

const attrsOf = (graph: Graph): unknown => graph.nodes[0]?.attrs;

describe('a convolution', () => {
  test('takes in the activation and the residual behind it', () => {
    const graph = withInput((g, x) => [
      add(g, activation(g, conv(g, x, 'c'), { activation: 'silu' }, 'act'), x, 'sum'),
    ]);
    const result = fuse(graph);
    expect(printed(result)).toEqual(['conv2d c(x, x)']);
    expect(attrsOf(result)).toMatchObject({ activation: 'silu', residual: 'after-activation' });
    expect(result.outputs).toEqual(graph.outputs);
  });

  test('takes in the residual before the activation', () => {
    const result = fuse(
      withInput((g, x) => [activation(g, add(g, x, conv(g, x, 'c'), 'sum'), { activation: 'relu' }, 'act')]),
    );
    expect(printed(result)).toEqual(['conv2d c(x, x)']);
    expect(attrsOf(result)).toMatchObject({ activation: 'relu', residual: 'before-activation' });
  });

  test('takes in PReLU with its slope', () => {
    const result = fuse(
      withInput((g, x) => [activation(g, conv(g, x, 'c'), { activation: 'prelu', slope: 's' }, 'act')]),
    );
    expect(attrsOf(result)).toMatchObject({ activation: 'prelu', slope: 's' });
  });

  test('takes in one activation, not two', () => {
    const twice = (g: Graph, x: Value) =>
      activation(g, activation(g, x, { activation: 'relu' }, 'one'), { activation: 'silu' }, 'two');
    expect(printed(fuse(withInput((g, x) => [twice(g, conv(g, x, 'c'))])))).toEqual([
      'conv2d c(x)',
      'activation two(one)',
    ]);
  });

  test('takes in no activation behind an activation and a residual', () => {
    const result = fuse(
      withInput((g, x) => {
        const sum = add(g, conv(g, x, 'c', { activation: 'relu' }), x, 'sum');
        return [activation(g, sum, { activation: 'relu' }, 'last')];
      }),
    );
    expect(printed(result)).toEqual(['conv2d c(x, x)', 'activation last(sum)']);
  });

  test('takes in no sum that broadcasts', () => {
    const graph = new Graph();
    const x = graph.input('x', tensor([5, 7, 8]));
    const row = graph.input('row', tensor([8]));
    graph.output(add(graph, conv(graph, x, 'c'), row, 'sum'));
    expect(printed(fuse(graph))).toEqual(['conv2d c(x)', 'add sum(c, row)']);
  });

  test('stays whole when its value is used twice', () => {
    const result = fuse(
      withInput((g, x) => {
        const c = conv(g, x, 'c');
        return [add(g, activation(g, c, { activation: 'relu' }, 'act'), c, 'sum')];
      }),
    );
    expect(printed(result)).toEqual(['conv2d c(x)', 'activation act(c)', 'add sum(act, c)']);
  });

  test('stays whole when its value is an output as well', () => {
    const result = fuse(
      withInput((g, x) => {
        const c = conv(g, x, 'c');
        return [c, activation(g, c, { activation: 'relu' }, 'act')];
      }),
    );
    expect(printed(result)).toEqual(['conv2d c(x)', 'activation act(c)']);
  });

  test('that is added to itself stays whole', () => {
    const result = fuse(
      withInput((g, x) => {
        const c = conv(g, x, 'c');
        return [add(g, c, c, 'sum')];
      }),
    );
    expect(printed(result)).toEqual(['conv2d c(x)', 'add sum(c, c)']);
  });

  test('and another one: the sum joins one of them, behind the other', () => {
    const result = fuse(withInput((g, x) => [add(g, conv(g, x, 'a'), conv(g, x, 'b'), 'sum')]));
    expect(printed(result)).toEqual(['conv2d b(x)', 'conv2d a(x, b)']);
  });
});

test('a cheap producer is computed again in each of its consumers', () => {
  const graph = new Graph();
  const y = luma(graph, graph.input('frame', image(7, 5)));
  graph.output(conv(graph, y, 'a'));
  graph.output(conv(graph, y, 'b'));
  expect(printed(fuse(graph))).toEqual(['lumaConv2d a(frame)', 'lumaConv2d b(frame)']);
});

test('what nobody reads is dropped', () => {
  const result = fuse(
    withInput((g, x) => {
      conv(g, conv(g, x, 'unread'), 'unread-either');
      return [conv(g, x, 'read')];
    }),
  );
  expect(printed(result)).toEqual(['conv2d read(x)']);
});

test('the source graph stays as it was', () => {
  const graph = withInput((g, x) => [activation(g, conv(g, x, 'c'), { activation: 'relu' }, 'act')]);
  fuse(graph);
  expect(printed(graph)).toEqual(['conv2d c(x)', 'activation act(c)']);
});
