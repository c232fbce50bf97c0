/**
 * Where in the flow something failed. One name a folder of `plugin/`, so that a message leads to its code.
 */
export type StageName =
  | 'options'
  | 'gpu'
  | 'weights'
  | 'model'
  | 'engine'
  | 'source'
  | 'ingest'
  | 'upscale'
  | 'detect'
  | 'track'
  | 'compose'
  | 'present'
  | 'session';

/**
 * Every code an error or a `fallback` event can carry. Codes are stable: pages may switch on them.
 * `docs/errors.md` says for each what the user sees and what mends it.
 */
export const errorCodes = [
  // gpu
  'webgpu-unavailable',
  'adapter-unavailable',
  'webgl-unavailable',
  'device-request-failed',
  'device-limit',
  'device-feature',
  'device-lost',
  'gpu-validation',
  'gpu-out-of-memory',
  'pipeline-failed',
  'software-adapter',
  // weights and models
  'weights-http',
  'weights-network',
  'weights-truncated',
  'weights-format',
  'weights-hash',
  'weights-missing',
  'weights-shape',
  'weights-dtype',
  'weights-not-finite',
  'manifest-format',
  'manifest-field',
  'model-unknown',
  'model-origin',
  'tokenizer-format',
  // engine
  'graph-invalid',
  'variant-illegal',
  // detection
  'prompt-unknown',
  'prompt-invalid',
  'prompt-needs-clip',
  'detect-failed',
  // media
  'video-error',
  'video-detached',
  'video-zero-size',
  'video-style',
  'video-no-frame-callback',
  'video-taken',
  'frame-import',
  'cors',
  'drm',
  'picture-in-picture',
  'source-format',
  'track-ended',
  // connections
  'whep-http',
  'whep-network',
  'whep-answer',
  'whep-lost',
  'whep-no-media',
  'whip-http',
  'whip-network',
  'whip-answer',
  'whip-lost',
  // session
  'display-not-larger',
  'over-budget',
  'snapshot-unavailable',
  'stage-failed',
  'disposed',
] as const;

/** One of {@link errorCodes}. */
export type ErrorCode = (typeof errorCodes)[number];

/** The fields of a new {@link VitreousError}. */
export interface VitreousErrorInit {
  readonly code: ErrorCode;
  readonly stage: StageName;
  /** What was seen, in the terms of the caller: `"status 404 for /models/S.safetensors"`. */
  readonly found: string;
  readonly expected: string;
  /** What the caller can do about it. */
  readonly fix: string;
  readonly cause?: unknown;
}

/** The only error type the library throws, beside `TypeError` for bad options and the `signal`'s own reason. */
export class VitreousError extends Error {
  override readonly name = 'VitreousError';
  readonly code: ErrorCode;
  readonly stage: StageName;
  readonly found: string;
  readonly expected: string;
  readonly fix: string;

  constructor(init: VitreousErrorInit) {
    super(
      `[${init.code}] ${init.stage}: found ${init.found}; expected ${init.expected}. ${init.fix}`,
      init.cause === undefined ? undefined : { cause: init.cause },
    );
    this.code = init.code;
    this.stage = init.stage;
    this.found = init.found;
    this.expected = init.expected;
    this.fix = init.fix;
  }
}

/** A thrown value as a `VitreousError`: its own code where it has one, else `fallback`'s. */
export function asVitreousError(thrown: unknown, fallback: VitreousErrorInit): VitreousError {
  return thrown instanceof VitreousError ? thrown : new VitreousError({ ...fallback, cause: thrown });
}

/** What is used before it was made ready, or after it was let go of: `notReady('detect', 'a detector', 'prepare')`. */
export function notReady(stage: StageName, what: string, first: string): VitreousError {
  return new VitreousError({
    code: 'disposed',
    stage,
    found: `${what} before ${first}, or after dispose`,
    expected: `${what} in use`,
    fix: `Call ${first} first.`,
  });
}
