import { int8InputsOf, type Manifest, mixtureOf } from '../../plugin/engine/files/manifest.js';
import { architectureOf } from '../../plugin/engine/files/manifest-fields.js';
import type { ShippedFile } from '../../plugin/engine/files/shipped-file.js';
import type { Graph } from '../../plugin/engine/graph.js';
import { type Architecture, mobilevitSr, tokenKeys, trunkKeys } from './graph.js';
import manifestL from './L/manifest.json';
import manifestM from './M/manifest.json';
import manifestS from './S/manifest.json';
import manifestPlainS from './S-plain/manifest.json';
import { int8Layers } from './trunk-int8.js';
import manifestXL from './XL/manifest.json';

/** A tier as it ships: its manifest, unchecked, and where its weights are. */
export interface ShippedTier {
  readonly manifest: unknown;
  readonly weights: ShippedFile;
}

/** Every tier's folder. The catalog's tests hold them against the public list of tiers. */
export const shippedTiers = {
  S: {
    manifest: manifestS,
    weights: {
      path: 'models/mobilevit-sr/S/weights.safetensors',
      get url() {
        return new URL('./S/weights.safetensors', import.meta.url);
      },
    },
  },
  M: {
    manifest: manifestM,
    weights: {
      path: 'models/mobilevit-sr/M/weights.safetensors',
      get url() {
        return new URL('./M/weights.safetensors', import.meta.url);
      },
    },
  },
  L: {
    manifest: manifestL,
    weights: {
      path: 'models/mobilevit-sr/L/weights.safetensors',
      get url() {
        return new URL('./L/weights.safetensors', import.meta.url);
      },
    },
  },
  XL: {
    manifest: manifestXL,
    weights: {
      path: 'models/mobilevit-sr/XL/weights.safetensors',
      get url() {
        return new URL('./XL/weights.safetensors', import.meta.url);
      },
    },
  },
} satisfies Readonly<Record<string, ShippedTier>>;

/** S without the transformer branch, whose experts take a compute shader to mix: for where there is no WebGPU. */
export const plainTier: ShippedTier = {
  manifest: manifestPlainS,
  weights: {
    path: 'models/mobilevit-sr/S-plain/weights.safetensors',
    get url() {
      return new URL('./S-plain/weights.safetensors', import.meta.url);
    },
  },
};

/** A manifest without a token width has no transformer branch. */
function architectureIn(manifest: Manifest): Architecture {
  const trunk = architectureOf(manifest, trunkKeys);
  return manifest.architecture.tokenDim === undefined
    ? trunk
    : { ...trunk, tokens: { ...architectureOf(manifest, tokenKeys), reading: mixtureOf(manifest) } };
}

/**
 * The graph of a manifest's architecture at a source size.
 *
 * @param numbers `int8`: the convolutions in packed int8, rounded as the manifest says
 * @throws VitreousError `manifest-field`.
 */
export function buildGraph(
  manifest: Manifest,
  size: { readonly width: number; readonly height: number },
  numbers: 'real' | 'int8' = 'real',
): Graph {
  const architecture = architectureIn(manifest);
  const inputs = numbers === 'int8' ? int8InputsOf(manifest, int8Layers(architecture.bodyConvs)) : undefined;
  return mobilevitSr(architecture, size, inputs);
}
