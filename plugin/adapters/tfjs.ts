/**
 * `vitreous/tfjs`: a graph model of TensorFlow.js as the detector, on the device that frames are on already. Its input tensor is a buffer
 * that the frame is written into on the GPU: no copy, no read-back of pixels. Needs the optional peers `@tensorflow/tfjs-core`,
 * `@tensorflow/tfjs-converter` and `@tensorflow/tfjs-backend-webgpu`.
 *
 * ```ts
 * import { enhance } from 'vitreous';
 * import { tfjsDetector } from 'vitreous/tfjs';
 * const model = await tfjsDetector('/models/model.json', { labels, decode });
 * const enhanced = await enhance(video, { detect: { prompts: ['person'], model } });
 * ```
 *
 * @module
 */
import { io } from '@tensorflow/tfjs-core';
import type { Size } from '../core/geometry.js';
import { type DetectorFactory, VitreousError } from '../index.js';
import { type ModelSetup, type TfjsBox, TfjsDetector, type TfjsOutput } from './tfjs/detector.js';
import { Labels } from './tfjs/labels.js';
import { ModelFetch } from './tfjs/model-fetch.js';

export type { TfjsBox, TfjsOutput } from './tfjs/detector.js';

/** What `tfjsDetector` must know of a model, and what it may. */
export interface TfjsDetectorOptions {
  /** Names of the classes, by index: what prompts may be. */
  readonly labels: readonly string[];
  /**
   * Turns the model's outputs into boxes. Overlapping boxes of one class may be among them: the best of them is taken.
   *
   * @param outputs in the order of `outputs`
   * @param input size of the model's input, pixels
   */
  readonly decode: (outputs: readonly TfjsOutput[], input: Size) => readonly TfjsBox[];
  /** Names of the outputs to compute and read back. Default: all that the model's signature names. */
  readonly outputs?: readonly string[] | undefined;
  /** Name of the input, `[1, height, width, 3]`, red first. Default: the only one that the model's signature names. */
  readonly input?: string | undefined;
  /** Size of the input, pixels; the frame is stretched to it. Default: what the signature says. */
  readonly inputSize?: Size | undefined;
  /** Values of the input are `scale * byte + offset`, byte 0 to 255. Default 1 and 0. */
  readonly scale?: number | undefined;
  readonly offset?: number | undefined;
  /** Of two boxes of a class with a larger intersection over union than this the better one counts. Default 0.5. */
  readonly overlap?: number | undefined;
  /**
   * Origins, such as `https://models.example`, that the model may come from beside the page's own, redirects included; else `model-origin`.
   * A handler of TF.js asks whom it wants.
   */
  readonly modelOrigins?: readonly string[] | undefined;
  /** Ends the download with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fetches a graph model, to be passed as `detect.model`. It takes a backend of TF.js of its own wherever a device needs one, also after
 * a loss; the backend that the page uses stays in use.
 *
 * @param model address of its `model.json`, or a handler of TF.js
 * @throws (rejects) VitreousError `weights-http`, `weights-network`, `weights-format`, `model-origin`; `model-unknown` where input or outputs are not told
 * by the model's signature nor by `options`; the signal's reason.
 */
export async function tfjsDetector(
  model: string | URL | io.IOHandler,
  options: TfjsDetectorOptions,
): Promise<DetectorFactory> {
  checkOptions(options);
  const artifacts = await fetchModel(model, options);
  const setup = setupOf(artifacts, options);
  return { open: (device, openOptions) => TfjsDetector.create(setup, device, openOptions) };
}

function checkOptions({ labels, decode }: TfjsDetectorOptions): void {
  if (!Array.isArray(labels) || labels.length === 0 || labels.some((label) => typeof label !== 'string'))
    throw new TypeError('options.labels must be an array of strings');
  if (typeof decode !== 'function') throw new TypeError('options.decode must be a function');
}

async function fetchModel(
  model: string | URL | io.IOHandler,
  { signal, modelOrigins }: TfjsDetectorOptions,
): Promise<io.ModelArtifacts> {
  signal?.throwIfAborted();
  const where = typeof model === 'object' && 'load' in model ? 'a handler of TF.js' : String(model);
  const handler =
    typeof model === 'object' && 'load' in model
      ? model
      : io.http(String(model), { fetchFunc: new ModelFetch(modelOrigins, signal).fetch });
  if (!handler.load) throw new TypeError('model must be a URL or a handler that loads');
  let artifacts: io.ModelArtifacts;
  try {
    artifacts = await handler.load();
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof VitreousError) throw cause;
    throw unreadable(where, cause);
  }
  signal?.throwIfAborted();
  if (!artifacts.modelTopology || !artifacts.weightData)
    throw new VitreousError({
      code: 'weights-format',
      stage: 'weights',
      found: `${where} without ${artifacts.modelTopology ? 'weights' : 'a topology'}`,
      expected: 'a graph model of TF.js',
      fix: 'Convert the model with tensorflowjs_converter to a tfjs_graph_model.',
    });
  return artifacts;
}

function unreadable(where: string, cause: unknown): VitreousError {
  const message = String(cause);
  const [code, expected] = /status code/.test(message)
    ? (['weights-http', 'status 200'] as const)
    : /JSON|parse/.test(message)
      ? (['weights-format', 'a graph model of TF.js'] as const)
      : (['weights-network', 'an answer'] as const);
  return new VitreousError({
    code,
    stage: 'weights',
    found: `${where}: ${message}`,
    expected,
    fix: 'Check the address of the model; its weights lie beside it.',
    cause,
  });
}

function setupOf(artifacts: io.ModelArtifacts, options: TfjsDetectorOptions): ModelSetup {
  // Whatever a file says: each part is asked what it is.
  const signature = { ...member(artifacts.userDefinedMetadata, 'signature'), ...record(artifacts.signature) };
  const inputs = member(signature, 'inputs');
  const names = Object.keys(inputs);
  const inputName = options.input ?? (names.length === 1 ? names[0] : undefined);
  const outputs = options.outputs ?? Object.keys(member(signature, 'outputs'));
  const inputSize = options.inputSize ?? sizeOf(inputs[inputName ?? '']);
  if (inputName === undefined) throw untold(`${names.length} inputs in the model's signature`, 'input');
  if (outputs.length === 0) throw untold("no outputs in the model's signature", 'outputs');
  if (!inputSize) throw untold(`an input '${inputName}' of no fixed size`, 'inputSize');
  const { scale = 1, offset = 0, overlap = 0.5, labels, decode } = options;
  return {
    artifacts,
    inputName,
    inputSize,
    scaling: { scale, offset },
    outputs,
    labels: new Labels(labels),
    overlap,
    decode,
  };
}

/** An object as a record; nothing in what is none. */
function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

const member = (value: unknown, name: string): Readonly<Record<string, unknown>> => record(record(value)[name]);

/** Of a detector's input, pixels a side; a file that claims more is not believed. */
const mostSide = 4096;

/** Of `[1, height, width, 3]`; undefined where it is not fixed. */
function sizeOf(signature: unknown): Size | undefined {
  const { dim } = member(signature, 'tensorShape');
  const [, height = 0, width = 0] = Array.isArray(dim) ? dim.map((part) => Number(record(part).size)) : [];
  const isSide = (side: number): boolean => Number.isInteger(side) && side > 0 && side <= mostSide;
  return isSide(height) && isSide(width) ? { width, height } : undefined;
}

function untold(found: string, option: keyof TfjsDetectorOptions): VitreousError {
  return new VitreousError({
    code: 'model-unknown',
    stage: 'model',
    found,
    expected: 'one input of fixed size and some outputs',
    fix: `Pass options.${option}.`,
  });
}
