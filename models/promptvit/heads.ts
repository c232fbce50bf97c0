import { Graph } from '../../plugin/engine/graph.js';
import { activation } from '../../plugin/engine/ops/activation.js';
import { add, mul } from '../../plugin/engine/ops/broadcast.js';
import { concat } from '../../plugin/engine/ops/concat.js';
import { embedding } from '../../plugin/engine/ops/embedding.js';
import { gather } from '../../plugin/engine/ops/gather.js';
import { globalAveragePool } from '../../plugin/engine/ops/global-average-pool.js';
import { linear, linearOp } from '../../plugin/engine/ops/linear.js';
import { matmul } from '../../plugin/engine/ops/matmul.js';
import { rmsNorm } from '../../plugin/engine/ops/norm.js';
import { promptScores } from '../../plugin/engine/ops/region/prompt-scores.js';
import { roiAlign } from '../../plugin/engine/ops/region/roi-align.js';
import { reshape } from '../../plugin/engine/ops/reshape.js';
import { type TensorType, tensor } from '../../plugin/engine/tensor.js';
import type { Value } from '../../plugin/engine/value.js';
import { type Architecture, maps } from './graph.js';

/** Any scale would do for what is normalised next; this one keeps a row of zeros finite and is lost on all others. */
const unitEpsilon = 1e-12;

/**
 * Rows of root mean square 1. In f16 they keep all their bits, as unit vectors would not; the targets they are multiplied by make up for
 * the factor.
 */
const normalised = (graph: Graph, x: Value, name: string): Value<TensorType> =>
  rmsNorm(graph, x, { eps: unitEpsilon }, name);

/** Pooled features of regions → the text space: a linear map plus a small network. */
function regionHead(
  graph: Graph,
  coarse: Value,
  fine: Value,
  geometry: Value,
  { hidden, embedDim }: Architecture,
  name: string,
): Value<TensorType> {
  const dense = (x: Value, layer: string, outChannels: number, residual?: Value): Value<TensorType> =>
    linear(
      graph,
      x,
      {
        weight: `region.${layer}.weight`,
        bias: `region.${layer}.bias`,
        outChannels,
        ...(residual ? { residual: 'before-activation' } : {}),
      },
      residual,
    );
  const joined = concat(graph, [coarse, fine, geometry], { axis: -1 }, `${name}.joined`);
  const inner = activation(graph, dense(joined, 'fc1', hidden), { activation: 'silu' }, `${name}.silu`);
  return normalised(graph, dense(inner, 'fc2', embedDim, dense(coarse, 'linear', embedDim)), name);
}

/** Numbers that tell the head a region's size, place and shape: see `geometryOf` in plugin/detect. */
export const geometryLength = 6;

/**
 * Regions of a picture: `coarse`, `fine`, `boxes` [N, 4] as fractions, `geometry` [N, 6], and what the box detector takes each for: its
 * `class` [N], a row of the tensor `distractors`, and how much that weighs, `sure` [N, 1], against an embedding's root mean square of 1 →
 * `regions` [N, embedDim], the same drawn towards the class, `drawn` [N, embedDim], and, of every cell of the coarse map, `cells`
 * [cells, embedDim].
 */
export function regionGraph(
  architecture: Architecture,
  height: number,
  width: number,
  regions: number,
  distractors: number,
): Graph {
  const graph = new Graph();
  const { headChannels, fineChannels, embedDim, roiPoints } = architecture;
  const coarse = graph.input('coarse', tensor([height / 32, width / 32, headChannels]));
  const fine = graph.input('fine', tensor([height / 16, width / 16, fineChannels]));
  const boxes = graph.input('boxes', tensor([regions, 4]));
  const geometry = graph.input('geometry', tensor([regions, geometryLength]));
  const pooled = (map: Value, name: string): Value<TensorType> =>
    roiAlign(graph, map, boxes, { points: roiPoints }, name);
  const own = regionHead(
    graph,
    pooled(coarse, 'pooled.coarse'),
    pooled(fine, 'pooled.fine'),
    geometry,
    architecture,
    'regions',
  );
  graph.output(own);
  const named = graph.input('class', tensor([regions], 'index'));
  const sure = graph.input('sure', tensor([regions, 1]));
  const direction = embedding(graph, named, { weight: 'distractors', rows: distractors, channels: embedDim });
  graph.output(normalised(graph, add(graph, own, mul(graph, direction, sure, 'opinion'), 'sum'), 'drawn'));
  const rows = reshape(graph, coarse, { shape: [(height / 32) * (width / 32), headChannels] }, 'cells.rows');
  const weight = { weight: 'region.linear.weight', bias: 'region.linear.bias', outChannels: embedDim };
  graph.output(normalised(graph, graph.add(linearOp, [rows], weight, 'cells.linear'), 'cells'));
  return graph;
}

/**
 * The second look: `crops` [N, side, side, 3] stretched from boxes, their `geometry` [N, 6], all `regions` [R, embedDim] of the first
 * look and the `index` [N] of the boxes among them → `looks` [N, embedDim], the mean direction of both.
 */
export function cropGraph(architecture: Architecture, side: number, crops: number, regions: number): Graph {
  const graph = new Graph();
  const { embedDim, headChannels, fineChannels } = architecture;
  const pixels = graph.input('crops', tensor([crops, side, side, 3]));
  const geometry = graph.input('geometry', tensor([crops, geometryLength]));
  const first = graph.input('regions', tensor([regions, embedDim]));
  const index = graph.input('index', tensor([crops], 'index'));
  const { coarse, fine } = maps(graph, pixels, architecture);
  const mean = (map: Value, channels: number, name: string): Value<TensorType> =>
    reshape(graph, globalAveragePool(graph, map, name), { shape: [crops, channels] }, `${name}.rows`);
  const seen = regionHead(
    graph,
    mean(coarse, headChannels, 'mean.coarse'),
    mean(fine, fineChannels, 'mean.fine'),
    geometry,
    architecture,
    'crop',
  );
  const both = add(graph, seen, gather(graph, first, index, 'first'), 'both');
  graph.output(normalised(graph, both, 'looks'));
  return graph;
}

/**
 * Scores of rows `x` [N, embedDim] by name: `targets` [prompts + distractors, embedDim] and `rivals` [prompts, distractors] →
 * `<name>.scores` [N, prompts] each.
 */
export function scoreGraph(
  { embedDim }: Architecture,
  rows: Readonly<Record<string, number>>,
  prompts: number,
  distractors: number,
  temperature: number,
): Graph {
  const graph = new Graph();
  const targets = graph.input('targets', tensor([prompts + distractors, embedDim]));
  const rivals = graph.input('rivals', tensor([prompts, distractors]));
  for (const [name, count] of Object.entries(rows)) {
    const x = graph.input(name, tensor([count, embedDim]));
    const cosines = matmul(graph, x, targets, { transposeB: true }, `${name}.cosines`);
    graph.output(promptScores(graph, cosines, rivals, { temperature }, `${name}.scores`));
  }
  return graph;
}
