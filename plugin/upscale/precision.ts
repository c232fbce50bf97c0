import { VitreousError } from '../core/errors.js';
import type { Manifest } from '../engine/files/manifest.js';
import type { Caps } from '../gpu/caps.js';
import type { Precision } from '../gpu/kernel.js';

/** Storage type of a network's features. `int8`: the convolutions in packed int8, everything else in f32. */
export type UpscalePrecision = Precision | 'int8';

/**
 * What a network runs in. Unless asked for by name: f16 where a real GPU has it; else int8 where it multiplies packed int8 and the model
 * was trained for it; else f32. Software adapters convert every f16 number they touch, and gain nothing from int8.
 *
 * @throws VitreousError `device-feature` for a precision by name that the device has not, `manifest-field` for int8 of a model
 * not trained for it.
 */
export function choosePrecision(
  requested: UpscalePrecision | undefined,
  caps: Caps,
  manifest: Pick<Manifest, 'name' | 'tier' | 'quantization'>,
): UpscalePrecision {
  if (requested === undefined) {
    if (caps.software) return 'f32';
    if (caps.shaderF16) return 'f16';
    return caps.packedInt8 && manifest.quantization ? 'int8' : 'f32';
  }
  if (requested === 'f16' && !caps.shaderF16)
    throw unsupported('f16', "'shader-f16'", "Use precision 'auto' or 'f32', or request the feature with the device.");
  if (requested === 'int8' && !caps.packedInt8)
    throw unsupported('int8', "WGSL 'packed_4x8_integer_dot_product'", "Use precision 'auto', 'f16' or 'f32'.");
  if (requested === 'int8' && !manifest.quantization)
    throw new VitreousError({
      code: 'manifest-field',
      stage: 'upscale',
      found: `${manifest.name} ${manifest.tier}: quantization = nothing`,
      expected: "the rounding of its activations for precision 'int8'",
      fix: "Use precision 'auto', 'f16' or 'f32', or a model trained for int8.",
    });
  return requested;
}

function unsupported(precision: UpscalePrecision, feature: string, fix: string): VitreousError {
  return new VitreousError({
    code: 'device-feature',
    stage: 'upscale',
    found: `a device without ${feature}`,
    expected: `${feature} for precision '${precision}'`,
    fix,
  });
}
