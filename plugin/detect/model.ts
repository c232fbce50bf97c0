import type { DetectionManifest } from '../engine/files/detection-manifest.js';
import type { Graph } from '../engine/graph.js';
import type { WeightSource } from '../engine/weights/source.js';

/** A prompted detector's network with its weights on the CPU: what is built from it is built again after each device loss. */
export interface DetectModel {
  readonly manifest: DetectionManifest;
  readonly weights: WeightSource;
  readonly graphs: DetectGraphs;
  /** Unit directions of the names that compete with a prompt, `[count, embedDim]`. */
  readonly distractors: Float32Array;
}

/** The graphs of a look, in the order they run. Embeddings are rows of root mean square 1. */
export interface DetectGraphs {
  readonly embedDim: number;
  /** `pixels` [height, width, 3] → `level8`, `level16`, `level32`, `coarse`, `fine`. */
  picture(height: number, width: number): Graph;
  /** `coarse`, `fine`, `boxes`, `geometry` → `regions`, and `cells` of the coarse map. */
  regions(height: number, width: number): Graph;
  /** `crops`, `geometry`, `regions`, `index` → `looks`. */
  crops(): Graph;
  /** The named rows, `targets`, `rivals` → `<name>.scores`. */
  scores(rows: Readonly<Record<string, number>>, prompts: number): Graph;
}
