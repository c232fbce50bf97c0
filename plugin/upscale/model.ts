import type { Size } from '../core/geometry.js';
import type { Manifest } from '../engine/files/manifest.js';
import type { Graph } from '../engine/graph.js';
import type { WeightSource } from '../engine/weights/source.js';

/** A super-resolution network with its weights on the CPU: what a stage is built from, again after each device loss. */
export interface UpscaleModel {
  readonly manifest: Manifest;
  readonly weights: WeightSource;
  /**
   * The graph for a source size: image `frame` → image `picture`. `int8`: its convolutions in packed int8.
   *
   * @throws VitreousError `manifest-field` for int8 of a model not trained for it.
   */
  graph(size: Size, numbers?: 'real' | 'int8'): Graph;
}
