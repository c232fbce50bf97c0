import type { DetectionManifest } from '../../plugin/engine/files/detection-manifest.js';
import { architectureOf } from '../../plugin/engine/files/manifest-fields.js';
import type { ShippedFile } from '../../plugin/engine/files/shipped-file.js';
import type { Graph } from '../../plugin/engine/graph.js';
import type { WeightSource } from '../../plugin/engine/weights/source.js';
import { type Architecture, pictureGraph, sizeKeys } from './graph.js';
import { cropGraph, regionGraph, scoreGraph } from './heads.js';
import manifest from './manifest.json';

/** As it ships: the manifest, unchecked, and where the weights are. */
export const shipped: { readonly manifest: unknown; readonly weights: ShippedFile } = {
  manifest,
  weights: {
    path: 'models/promptvit/weights.safetensors',
    get url() {
      return new URL('./weights.safetensors', import.meta.url);
    },
  },
};

/** A manifest without a token width has no transformer block. */
function architectureIn(manifest: DetectionManifest): Architecture {
  const sizes = architectureOf(manifest, sizeKeys);
  if (manifest.architecture.tokenDim === undefined) return sizes;
  const tokens = architectureOf(manifest, ['tokenDim', 'tokenBlocks', 'tokenHeads']);
  return {
    ...sizes,
    tokens: { dim: tokens.tokenDim, blocks: tokens.tokenBlocks, heads: tokens.tokenHeads },
  };
}

/** The graphs of a look, in the order they run; see graph.ts and heads.ts for their inputs and outputs. */
export interface PromptvitGraphs {
  readonly embedDim: number;
  /** Names that compete with a prompt: the rows of the tensor `distractors`, of which the first are the box detector's classes. */
  readonly distractors: number;
  picture(height: number, width: number): Graph;
  regions(height: number, width: number): Graph;
  crops(): Graph;
  /** @param rows how many rows each input has, by its name */
  scores(rows: Readonly<Record<string, number>>, prompts: number): Graph;
}

/** @throws VitreousError `manifest-field`. */
export function buildGraphs(manifest: DetectionManifest): PromptvitGraphs {
  const architecture = architectureIn(manifest);
  const { distractors } = architectureOf(manifest, ['distractors']);
  const { regions, secondLookCount, temperature } = manifest.scoring;
  return {
    embedDim: architecture.embedDim,
    distractors,
    picture: (height, width) => pictureGraph(architecture, height, width),
    regions: (height, width) => regionGraph(architecture, height, width, regions, distractors),
    crops: () => cropGraph(architecture, manifest.input.cropSide, secondLookCount, regions),
    scores: (rows, prompts) => scoreGraph(architecture, rows, prompts, distractors, temperature),
  };
}

/** The network with its weights, and what competes with prompts. */
export interface Promptvit {
  readonly manifest: DetectionManifest;
  readonly weights: WeightSource;
  readonly graphs: PromptvitGraphs;
  /** Unit directions, `[distractors, embedDim]`. */
  readonly distractors: Float32Array;
}

/** @throws VitreousError `manifest-field`, `weights-missing`, `weights-shape`, `weights-not-finite`. */
export function promptvit(manifest: DetectionManifest, weights: WeightSource): Promptvit {
  const graphs = buildGraphs(manifest);
  const distractors = weights.get('distractors', [graphs.distractors, graphs.embedDim]);
  return { manifest, weights, graphs, distractors };
}
