import { describe, expect, test } from 'vitest';
import type { Kernel } from '../gpu/kernel.js';
import { Graph } from './graph.js';
import { ceilDiv, type Footprint, input, type Op, output } from './op.js';
import { compile } from './plan/compile.js';
import type { Plan } from './plan/plan.js';
import { image, imageDims, tensor, type ValueType } from './tensor.js';
import { testCaps } from './testing/caps.js';
import { patchSide, type TileList } from './tiling.js';

const kernel: Kernel = { name: 'none', source: '', bindings: ['uniform'], tiles: true };

interface Layer {
  readonly size: readonly [width: number, height: number];
  readonly footprint?: Footprint | undefined;
  readonly isImage?: boolean;
  readonly kernel?: Kernel;
  readonly depth?: number;
}

/** Nothing but its footprint. */
const layerOp: Op<Layer> = {
  name: 'layer',
  infer: (_inputs, { size: [width, height], isImage }) => [isImage ? image(width, height) : tensor([height, width, 4])],
  variants: () => [{ id: 'only', consts: {} }],
  lower: ({ inputs, attrs }) => [
    {
      kernel: attrs.kernel ?? kernel,
      consts: {},
      uniforms: [],
      bindings: [...inputs.map((_type, i) => input(i)), output()],
      workgroups: [1, 1, attrs.depth ?? 1],
      macs: 0,
      footprint: attrs.footprint ?? 'whole',
    },
  ],
};

interface Network {
  readonly width: number;
  readonly height: number;
  /** 3x3 layers between the first and the last. */
  readonly convs: number;
  /** Whether windows of tokens scale and shift the first features; `whole`: a block of attention runs as a whole. */
  readonly tokens: boolean | 'whole';
}

const [patch, window] = [8, 2];
const same = (reach: number) => ({ scale: 1, reach });

/** A network in the manner of `mobilevit-sr`, with windows of 2x2 tokens. */
function network({ width, height, convs, tokens }: Network, changes: Partial<Layer> = {}): Graph {
  const graph = new Graph();
  const size = [width, height] as const;
  const grid = [ceilDiv(width, patch), ceilDiv(height, patch)] as const;
  const frame = graph.input('frame', image(width, height));
  let x = graph.add(layerOp, [frame], { size, footprint: { tile: [8, 8], inputs: [same(1)] } }, 'head');
  if (tokens) {
    const embed: Footprint = { tile: [2, 2], inputs: [{ scale: patch, reach: 0 }] };
    const z = graph.add(layerOp, [frame], { size: grid, footprint: embed }, 'embed');
    const attention: Footprint = { grain: [window, window], inputs: [same(1)] };
    const block = tokens === 'whole' ? attention : { ...attention, tile: [window, window] as const };
    const map = graph.add(layerOp, [z], { size: grid, footprint: block }, 'block');
    const modulate: Footprint = { tile: [8, 8], inputs: [same(0), { scale: 1 / patch, reach: 7 / 16 }] };
    x = graph.add(layerOp, [x, map], { size, footprint: modulate }, 'modulated');
  }
  for (let i = 0; i < convs; i++)
    x = graph.add(layerOp, [x], { size, footprint: { tile: [16, 4], inputs: [same(1)] }, ...changes }, `body.${i}`);
  const inputs = [
    { scale: 0.5, reach: 1 },
    { scale: 0.5, reach: 1 },
  ];
  const footprint: Footprint = { tile: [16, 16], inputs };
  const picture: Layer = { size: [2 * width, 2 * height], footprint, isImage: true };
  graph.output(graph.addImage(layerOp, [frame, x], picture, 'picture'));
  return graph;
}

const planOf = (graph: Graph): Plan => compile(graph, { caps: testCaps(), precision: 'f32', adaptive: true });

function sizeOf(type: ValueType): readonly [number, number] {
  if (type.kind === 'image') return [type.width, type.height];
  const { width, height } = imageDims(type);
  return [width, height];
}

/** A flag an element. */
class Plane {
  readonly width: number;
  readonly height: number;
  readonly flags: Uint8Array;

  constructor(type: ValueType) {
    [this.width, this.height] = sizeOf(type);
    this.flags = new Uint8Array(this.width * this.height);
  }

  /** Whether any (or every) element of a rectangle, as far as it lies inside, is set. */
  some(x0: number, y0: number, x1: number, y1: number, value = 1): boolean {
    for (let y = Math.max(0, y0); y < Math.min(this.height, y1); y++)
      for (let x = Math.max(0, x0); x < Math.min(this.width, x1); x++)
        if (this.flags[y * this.width + x] === value) return true;
    return false;
  }
}

/** For each output element whether any input element it reads is `value`. */
function reads(out: Plane, footprint: Footprint, inputs: readonly Plane[], value: number): Plane {
  const [gx, gy] = footprint.grain ?? [1, 1];
  for (let y = 0; y < out.height; y++)
    for (let x = 0; x < out.width; x++) {
      const found = inputs.some((plane, i) => {
        const { scale = 1, reach = 0 } = footprint.inputs[i] ?? {};
        const low = (at: number, grain: number) => Math.floor(Math.floor(at / grain) * grain * scale - reach);
        const high = (at: number, grain: number, size: number) =>
          Math.ceil(Math.min((Math.floor(at / grain) + 1) * grain, size) * scale + reach);
        return plane.some(low(x, gx), low(y, gy), high(x, gx, out.width), high(y, gy, out.height), value);
      });
      out.flags[y * out.width + x] = found ? 1 : 0;
    }
  return out;
}

/** The tiles of a list that run, as shaders/upscale/tile_lists.wgsl chooses them. */
function running({ columns, rows }: TileList, changed: ReadonlySet<string>): ReadonlySet<string> {
  const tiles = new Set<string>();
  for (const [j, [y0, y1]] of rows.entries())
    for (const [i, [x0, x1]] of columns.entries())
      for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) if (changed.has(`${x},${y}`)) tiles.add(`${i},${j}`);
  return tiles;
}

/** Plays one frame whose given patches changed after one that was computed as a whole, an element at a time. */
function simulate(graph: Graph, plan: Plan, patches: readonly (readonly [number, number])[]) {
  const { tiling } = plan;
  if (!tiling) throw new Error('a plan with tiling');
  const changed = new Set(patches.map(([x, y]) => `${x},${y}`));
  const [frame] = graph.inputs;
  if (!frame) throw new Error('a frame');
  const frameChange = new Plane(frame.type);
  for (let i = 0; i < frameChange.flags.length; i++) {
    const [x, y] = [i % frameChange.width, Math.floor(i / frameChange.width)];
    if (changed.has(`${Math.floor(x / patchSide)},${Math.floor(y / patchSide)}`)) frameChange.flags[i] = 1;
  }
  /** Elements that differ from the former frame's, and elements that do not hold what they should. */
  const [changes, wrong] = [new Map([[frame.id, frameChange]]), new Map([[frame.id, new Plane(frame.type)]])];
  const ran: Record<string, number> = {};
  const idle: Record<string, number> = {};
  for (const [i, { op, inputs, outputs, attrs, name }] of graph.nodes.entries()) {
    const { footprint } = attrs as Layer; // All nodes are layers.
    const [value] = outputs;
    const list = tiling.lists[tiling.listOf[i] ?? -1];
    if (op.name !== 'layer' || !footprint || !value || !list !== !footprint.tile) throw new Error('a tiled layer');
    const of = (planes: ReadonlyMap<number, Plane>) =>
      inputs.map(({ id }) => planes.get(id)).filter((plane) => plane !== undefined);
    const change = reads(new Plane(value.type), footprint, of(changes), 1);
    const misread = reads(new Plane(value.type), footprint, of(wrong), 1);
    const tiles = list ? running(list, changed) : new Set(['0,0']);
    const result = new Plane(value.type);
    let unneeded = 0;
    const [tw, th] = footprint.tile ?? sizeOf(value.type);
    for (let at = 0; at < result.flags.length; at++) {
      const [x, y] = [at % result.width, Math.floor(at / result.width)];
      const runs = tiles.has(`${Math.floor(x / tw)},${Math.floor(y / th)}`);
      const stays = tiling.kept.has(value.id) && change.flags[at] === 0;
      result.flags[at] = runs ? (misread.flags[at] ?? 1) : stays ? 0 : 1;
    }
    for (const key of tiles) {
      const [i = 0, j = 0] = key.split(',').map(Number);
      if (!change.some(i * tw, j * th, (i + 1) * tw, (j + 1) * th)) unneeded++;
    }
    changes.set(value.id, change);
    wrong.set(value.id, result);
    ran[name] = tiles.size;
    idle[name] = unneeded;
  }
  const picture = graph.outputs[0] && wrong.get(graph.outputs[0].id);
  return { wrong: picture?.flags.reduce((sum, flag) => sum + flag, 0), ran, idle };
}

describe.each<[string, boolean | 'whole', number]>([
  ['convolutions', false, 3],
  ['convolutions and tokens', true, 3],
  ['more convolutions and tokens', true, 5],
  ['convolutions and tokens whose attention runs as a whole', 'whole', 3],
  ['tokens, no layer between the first and the last', true, 0],
])('%s', (_name, tokens, convs) => {
  describe.each([
    [72, 40],
    [61, 45],
    [13, 11],
    [1, 1],
  ])('%ix%i', (width, height) => {
    const graph = network({ width, height, convs, tokens });
    const plan = planOf(graph);
    const [columns, rows] = plan.tiling?.patches ?? [0, 0];
    const last: [number, number] = [columns - 1, rows - 1];
    test.each<[string, readonly (readonly [number, number])[]]>([
      ['nothing', []],
      ['the first patch', [[0, 0]]],
      ['the last patch', [last]],
      ['one amid', [[columns >> 1, rows >> 1]]],
      ['beside a window border', [[Math.min(3, last[0]), Math.min(2, last[1])]]],
      [
        'two far apart',
        [
          [0, last[1]],
          [last[0], 0],
        ],
      ],
      ['everything', Array.from({ length: columns * rows }, (_, i) => [i % columns, Math.floor(i / columns)])],
    ])('%s changed: the picture is the same as if all had been computed', (_change, patches) => {
      const { wrong, ran, idle } = simulate(graph, plan, patches);
      expect(wrong).toBe(0);
      if (patches.length === 0)
        for (const [name, count] of Object.entries(ran))
          expect(name === 'block' && tokens === 'whole' ? 0 : count).toBe(0);
      if (patches.length <= 1) {
        // One rectangle of patches: none of the kept values' tiles runs in vain.
        const kept = graph.nodes.filter(({ outputs }) => outputs.some(({ id }) => plan.tiling?.kept.has(id)));
        for (const { name } of kept) expect(idle[name]).toBe(0);
      }
    });
  });
});

test('one changed patch of a large frame concerns few tiles', () => {
  const graph = network({ width: 320, height: 192, convs: 3, tokens: true });
  const { ran } = simulate(graph, planOf(graph), [[20, 12]]);
  // The patch is the first of a window of 2x2, which ends at 176 and 112. The block before it and above it reads its token.
  expect(ran.embed).toBe(1);
  expect(ran.block).toBe(4);
  // Windows 144 to 176 by 80 to 112, 4 pixels of interpolation and 4 layers around them: 136 to 184 by 72 to 120.
  expect(ran.picture).toBe(6 * 6);
  // One more ring for what those read.
  expect(ran.modulated).toBe(8 * 8);
  expect(ran['body.0']).toBe(4 * 14);
});

describe('computed as a whole', () => {
  const size: Network = { width: 64, height: 64, convs: 2, tokens: false };
  test.each<[string, Partial<Layer>]>([
    ['without a footprint', { footprint: undefined }],
    ['without tile_of', { kernel: { ...kernel, tiles: false } }],
  ])('a plan with a layer %s', (_name, changes) => {
    expect(planOf(network(size, changes)).tiling).toBeUndefined();
  });

  test('a plan whose whole layers read one that is computed in part', () => {
    const last: Partial<Layer> = { footprint: { inputs: [same(1)] } };
    expect(planOf(network({ ...size, convs: 1 }, last)).tiling).toBeUndefined();
  });

  test('a plan with more tiles than a dispatch takes', () => {
    const graph = network(size);
    const caps = testCaps({ maxWorkgroupsPerDimension: 63 });
    expect(compile(graph, { caps, precision: 'f32', adaptive: true }).tiling).toBeUndefined();
    const enough = testCaps({ maxWorkgroupsPerDimension: 64 });
    expect(compile(graph, { caps: enough, precision: 'f32', adaptive: true }).tiling).toBeDefined();
  });

  test('a plan that was not asked to be adaptive', () => {
    expect(compile(network(size), { caps: testCaps(), precision: 'f32' }).tiling).toBeUndefined();
  });
});

test('kept values share no memory with others, layers that are not kept do', () => {
  const plan = planOf(network({ width: 320, height: 192, convs: 3, tokens: true }));
  const places = plan.steps.flatMap(({ bindings }) => bindings.filter(({ kind }) => kind === 'arena'));
  const regions = new Map(
    places.flatMap((place) =>
      place.kind === 'arena' ? [[place.value, [place.color, place.offsetBytes, place.sizeBytes] as const]] : [],
    ),
  );
  const overlaps = (a: string, b: string): boolean => {
    const [one, two] = [regions.get(a), regions.get(b)];
    if (!one || !two) throw new Error(`${a}, ${b}`);
    return one[0] === two[0] && one[1] < two[1] + two[2] && two[1] < one[1] + one[2];
  };
  for (const kept of ['embed', 'block'])
    for (const other of ['head', 'modulated', 'body.0', 'body.1', 'body.2']) expect(overlaps(kept, other)).toBe(false);
  expect(overlaps('body.0', 'body.2')).toBe(true);
});

test('forty residual blocks are walked once each, not by every path through them', () => {
  const graph = new Graph();
  const size = [64, 64] as const;
  const frame = graph.input('frame', image(...size));
  const near: Footprint = { tile: [8, 8], inputs: [same(1)] };
  let x = graph.add(layerOp, [frame], { size, footprint: near }, 'head');
  for (let i = 0; i < 40; i++) {
    const inner = graph.add(layerOp, [x], { size, footprint: near }, `block.${i}`);
    const sum: Footprint = { tile: [8, 8], inputs: [same(0), same(0)] };
    x = graph.add(layerOp, [x, inner], { size, footprint: sum }, `sum.${i}`);
  }
  graph.output(graph.addImage(layerOp, [x], { size, footprint: near, isImage: true }, 'picture'));
  const { tiling } = compile(graph, { caps: testCaps(), precision: 'f32', adaptive: true });
  // 42 layers reach a pixel each: the first column of tiles, pixels 0 to 7, depends on those up to 49.
  expect(tiling?.lists[tiling.pictureList]?.columns[0]).toEqual([0, Math.ceil(50 / patchSide)]);
});
