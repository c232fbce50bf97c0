// Every kernel of the engine in every variant of the networks we know, as plain text: what a compiler and validator are to be shown.

import { readClipConfig, type TowerConfig } from '../../models/clip/config.js';
import { pixelTower, regionTower, textTower } from '../../models/clip/graph.js';
import exactConfig from '../../models/clip/testdata/exact/config.json';
import quickConfig from '../../models/clip/testdata/quick/config.json';
import { readMobileVitConfig } from '../../models/mobilevit/config.js';
import { regionNetwork } from '../../models/mobilevit/graph.js';
import mobileVitConfig from '../../models/mobilevit/testdata/hf/config.json';
import { buildGraph, shippedTiers } from '../../models/mobilevit-sr/index.js';
import { buildGraphs, shipped as promptvit } from '../../models/promptvit/index.js';
import { expand } from '../../plugin/engine/expand.js';
import { checkDetectionManifest } from '../../plugin/engine/files/detection-manifest.js';
import { checkManifest } from '../../plugin/engine/files/manifest.js';
import { fuse } from '../../plugin/engine/fuse.js';
import { Graph } from '../../plugin/engine/graph.js';
import { mul } from '../../plugin/engine/ops/broadcast.js';
import { conv2d } from '../../plugin/engine/ops/conv2d.js';
import { groupNorm } from '../../plugin/engine/ops/group-norm.js';
import { luma } from '../../plugin/engine/ops/image/luma.js';
import { matmul } from '../../plugin/engine/ops/matmul.js';
import { rmsNorm } from '../../plugin/engine/ops/norm.js';
import { permute } from '../../plugin/engine/ops/permute.js';
import { pixelShuffle } from '../../plugin/engine/ops/pixel-shuffle.js';
import { pool } from '../../plugin/engine/ops/pool.js';
import { reshape } from '../../plugin/engine/ops/reshape.js';
import { resize } from '../../plugin/engine/ops/resize.js';
import { windowPartition } from '../../plugin/engine/ops/window.js';
import { compile } from '../../plugin/engine/plan/compile.js';
import { image, tensor } from '../../plugin/engine/tensor.js';
import type { Caps } from '../../plugin/gpu/caps.js';
import { type BindingKind, type Consts, composeWgsl, type Kernel, type Precision } from '../../plugin/gpu/kernel.js';

export interface Program {
  /** The kernel, its precision and constants. */
  readonly name: string;
  readonly code: string;
  readonly bindings: readonly BindingKind[];
  readonly listed: boolean;
}

const size = { width: 64, height: 48 } as const;
const crop = { size: [32, 32], filter: 'bilinear', mean: [0, 0, 0], std: [1, 1, 1] } as const;
const activations = [
  'relu',
  'prelu',
  'silu',
  'gelu',
  'gelu-tanh',
  'quick-gelu',
  'hard-swish',
  'sigmoid',
  'relu6',
] as const;

/** Ops and attributes that no network here has. */
function rest(): Graph {
  const graph = new Graph();
  const x = graph.input('x', tensor([12, 10, 18]));
  const same = { kernel: [3, 3], padding: [1, 1], outChannels: 18, bias: 'b' } as const;
  for (const groups of [1, 6, 18]) {
    graph.output(conv2d(graph, x, { ...same, weight: `plain${groups}.weight`, groups }));
    for (const activation of activations) {
      const slope = activation === 'prelu' ? { slope: 'slope' } : {};
      const name = `${activation}${groups}`;
      graph.output(conv2d(graph, x, { ...same, weight: `${name}.weight`, groups, activation, ...slope }, x));
    }
  }
  graph.output(luma(graph, graph.input('frame', image(20, 12))));
  graph.output(groupNorm(graph, x, { weight: 'w', bias: 'b', groups: 3, eps: 1e-5 }, 'group-norm'));
  graph.output(rmsNorm(graph, x, { weight: 'w', eps: 1e-5 }, 'rms-norm'));
  for (const mode of ['max', 'average'] as const) graph.output(pool(graph, x, { mode, kernel: [2, 2] }, mode));
  for (const mode of ['bilinear', 'nearest'] as const)
    graph.output(resize(graph, x, { mode, size: [20, 30] }, mode === 'nearest' ? 'near' : 'far'));
  graph.output(permute(graph, x, { order: [2, 0, 1] }, 'permute'));
  graph.output(pixelShuffle(graph, graph.input('s', tensor([4, 4, 8])), { factor: 2 }, 'shuffle'));
  graph.output(windowPartition(graph, x, { window: [4, 4] }, 'windows'));
  graph.output(reshape(graph, x, { shape: [60, 36] }, 'reshape'));
  graph.output(mul(graph, x, x, 'mul'));
  const a = graph.input('a', tensor([2, 70, 72]));
  graph.output(matmul(graph, a, graph.input('c', tensor([2, 72, 64])), {}, 'matmul'));
  graph.output(matmul(graph, a, graph.input('d', tensor([2, 64, 72])), { transposeB: true }, 'matmul-transposed'));
  return graph;
}

function clipGraphs(raw: unknown): readonly Graph[] {
  const config = readClipConfig(raw, 'clip');
  const layers = ({ layers: count, width, headChannels }: TowerConfig) =>
    Array.from({ length: count }, () => ({ heads: width / headChannels, hidden: 4 * width }));
  return [
    textTower(config, layers(config.text), 2, 7),
    pixelTower(config, layers(config.vision), 2, [48, 64]),
    regionTower(config, layers(config.vision), 2, size, { ...crop, filter: 'bicubic' }),
  ];
}

function graphs(): readonly Graph[] {
  const tiers = Object.values(shippedTiers).map(({ manifest }) => checkManifest(manifest, 'mobilevit-sr'));
  const detection = buildGraphs(checkDetectionManifest(promptvit.manifest, 'promptvit'));
  return [
    ...tiers.map((manifest) => buildGraph(manifest, size)),
    ...tiers.filter(({ quantization }) => quantization).map((manifest) => buildGraph(manifest, size, 'int8')),
    detection.picture(96, 128),
    detection.regions(96, 128),
    detection.crops(),
    detection.scores({ regions: 8, crops: 4 }, 3),
    ...[exactConfig, quickConfig].flatMap(clipGraphs),
    regionNetwork(readMobileVitConfig(mobileVitConfig, 'mobilevit'), 10, 2, { width: 70, height: 45 }, crop),
    rest(),
  ];
}

/** What plans are made for: a GPU and a processor that stands for one, by what `select` asks of them, within what `base` can. */
function devices(base: Caps): readonly Caps[] {
  const invocations = [128, 256, 1024].filter((count) => count <= base.maxInvocationsPerWorkgroup);
  return [true, false].flatMap((software) =>
    [...new Set([true, false].map((subgroups) => subgroups && base.subgroups))].flatMap((subgroups) =>
      invocations.map((maxInvocationsPerWorkgroup) => ({ ...base, software, subgroups, maxInvocationsPerWorkgroup })),
    ),
  );
}

/** Every program that some device like this one, with or without its gifts, may be given; and what of each op's variants no `select` chose. */
export function everyKernel(base: Caps, precisions: readonly Precision[]): readonly Program[] {
  const programs = new Map<string, Program>();
  const add = (kernel: Kernel, consts: Consts, precision: Precision, listed: boolean): void => {
    const code = composeWgsl(kernel, precision, consts, listed);
    const name = `${kernel.name}.${precision}${listed ? '.listed' : ''} ${JSON.stringify(consts)}`;
    programs.set(code, { name, code, bindings: kernel.bindings, listed });
  };
  for (const graph of graphs())
    for (const caps of devices(base))
      for (const precision of precisions) {
        for (const adaptive of [false, true]) {
          const plan = compile(graph, { caps, precision, adaptive });
          plan.steps.forEach(({ kernel, consts }, i) => {
            add(kernel, consts, precision, plan.tiling?.listOf[i] !== undefined);
          });
        }
        for (const { op, inputs, outputs, attrs } of fuse(
          expand(graph, caps, () => false),
          { caps, precision },
        ).nodes) {
          if (op.isView) continue;
          const problem = { inputs: inputs.map(({ type }) => type), outputs: outputs.map(({ type }) => type), attrs };
          for (const variant of op.variants(problem, caps))
            for (const { kernel, consts } of op.lower(problem, variant))
              for (const listed of kernel.tiles ? [false, true] : [false]) add(kernel, consts, precision, listed);
        }
      }
  return [...programs.values()];
}
