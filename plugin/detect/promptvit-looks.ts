import { type DisposableResource, disposeSymbol } from '../core/dispose.js';
import { type Rect, type Size, sameSize } from '../core/geometry.js';
import type { GpuDevice } from '../gpu/device.js';
import type { Precision } from '../gpu/kernel.js';
import { colouredBoxes } from './colours.js';
import { FrameView } from './frame-view.js';
import { inputSize } from './input-size.js';
import type { DetectModel } from './model.js';
import { PromptvitNetwork } from './promptvit-network.js';
import { type Opinion, type Proposal, proposalsOf } from './proposals.js';
import { ReadBack } from './read-back.js';
import { regionGeometry } from './region-geometry.js';
import type { ScorePass } from './score-pass.js';
import { storedNumbers, writeInput } from './tensor-io.js';

/** Hands out the descriptor with which each part of a look begins its pass. */
export interface LookTimings {
  pass(part: LookPart): GPUComputePassDescriptor;
}

/** The parts of a look whose GPU time is told apart. */
export const lookParts = [
  'resize',
  'picture',
  'regions',
  'scores',
  'crops',
  'crop-network',
  'crop-scores',
  'colours',
] as const;
export type LookPart = (typeof lookParts)[number];

const untimed: LookTimings = { pass: (part) => ({ label: `vitreous/detect.${part}` }) };

/** The GPU's side of looks at frames of one size, step by step: each step one submit, and what comes back from it. */
export class PromptvitLooks implements DisposableResource {
  timings: LookTimings = untimed;
  readonly network: PromptvitNetwork;
  readonly #gpu: GpuDevice;
  readonly #model: DetectModel;
  readonly #view: FrameView;

  private constructor(gpu: GpuDevice, model: DetectModel, network: PromptvitNetwork, view: FrameView) {
    this.#gpu = gpu;
    this.#model = model;
    this.network = network;
    this.#view = view;
  }

  /**
   * @param former of which the network is taken over where the new frames look the same to it; dispose it after with `disposeAfter`
   * @throws VitreousError `pipeline-failed`, `device-limit`, `gpu-*`, `weights-*`; the signal's reason.
   */
  static async create(
    gpu: GpuDevice,
    model: DetectModel,
    options: { readonly precision: Precision; readonly secondLook: boolean; readonly frame: Size },
    former?: PromptvitLooks,
    signal?: AbortSignal,
  ): Promise<PromptvitLooks> {
    const { longSide, multiple } = model.manifest.input;
    const input = inputSize(options.frame, longSide, multiple);
    const known = former && sameSize(former.network.spec.input, input) ? former.network : undefined;
    const { precision, secondLook } = options;
    const network = known ?? (await PromptvitNetwork.create(gpu, model, { precision, secondLook, input }, signal));
    try {
      const view = await FrameView.create(gpu, model, network, options.frame, signal);
      return new PromptvitLooks(gpu, model, network, view);
    } catch (thrown) {
      if (!known) network.dispose();
      throw thrown;
    }
  }

  get frame(): Size {
    return this.#view.size;
  }

  /** GPU memory it holds. */
  get sizeBytes(): number {
    return this.network.sizeBytes + this.#view.sizeBytes;
  }

  /** Cells of the dense map. */
  get cells(): Size {
    const { width, height } = this.network.spec.input;
    return { width: width / 32, height: height / 32 };
  }

  /** Submits the pass over a frame. Synchronous: the frame may be overwritten by later submits. */
  submitPicture(frame: GPUTexture): void {
    const { network } = this;
    const encoder = this.#encoder('picture');
    this.#view.copyFrom(encoder, frame);
    this.#pass(encoder, 'resize', (pass) => this.#view.whole.record(pass));
    copyBuffer(encoder, this.#view.whole.output, network.picture.buffer('pixels'));
    this.#pass(encoder, 'picture', (pass) => network.picture.record(pass));
    for (const map of ['coarse', 'fine'] as const)
      copyBuffer(encoder, network.picture.buffer(map), network.regions.buffer(map));
    network.peaks.record(encoder);
    this.#gpu.device.queue.submit([encoder.finish()]);
  }

  /** What the pass submitted last found, of whatever kind. */
  async readProposals(): Promise<readonly Proposal[]> {
    const { scoring } = this.#model.manifest;
    const peaks = await this.network.readPeaks();
    return proposalsOf(peaks, { ...scoring, picture: this.network.spec.input, frame: this.frame });
  }

  /**
   * Embeds boxes, frame pixels, at most as many as the model has regions, and scores them, as they are and drawn towards what the box
   * detector takes them for, and the cells of the dense map.
   *
   * @param opinions of the detector, where it found the boxes
   */
  async scoreRegions(
    boxes: readonly Rect[],
    scores: ScorePass,
    opinions: readonly Opinion[] = [],
  ): Promise<Readonly<Record<string, Float32Array>>> {
    const { regions } = this.network;
    const encoder = this.#encoder('regions');
    this.#recordRegions(encoder, boxes, opinions);
    const embeddings = {
      regions: regions.buffer('regions'),
      drawn: regions.buffer('drawn'),
      cells: regions.buffer('cells'),
    };
    scores.record(encoder, embeddings, this.timings.pass('scores'));
    this.#gpu.device.queue.submit([encoder.finish()]);
    return scores.read();
  }

  /**
   * Looks at some of the boxes scored last again, each on its own, at most as many as the model's second look has.
   *
   * @param chosen their indices
   * @returns scores of the two looks together, a row a box
   */
  async scoreCrops(boxes: readonly Rect[], chosen: readonly number[], scores: ScorePass): Promise<Float32Array> {
    const encoder = this.#encoder('crops');
    const looks = this.#recordCrops(encoder, boxes, chosen);
    scores.record(encoder, { looks }, this.timings.pass('crop-scores'));
    this.#gpu.device.queue.submit([encoder.finish()]);
    return (await scores.read()).looks ?? new Float32Array();
  }

  /**
   * Embeddings of boxes of the last frame, at most as many as the model's second look has where there is one: rows of root mean square
   * 1. For tools: it makes a buffer a call.
   */
  async embed(boxes: readonly Rect[], secondLook: boolean): Promise<Float32Array> {
    const encoder = this.#encoder('embed');
    this.#recordRegions(encoder, boxes);
    const chosen = boxes.map((_, i) => i);
    const source = secondLook ? this.#recordCrops(encoder, boxes, chosen) : this.network.regions.buffer('regions');
    const back = new ReadBack(this.#gpu, 'detect.embeddings', [source]);
    try {
      back.record(encoder);
      this.#gpu.device.queue.submit([encoder.finish()]);
      const [bytes = new ArrayBuffer(0)] = await back.read();
      const values = storedNumbers(bytes, this.network.spec.precision);
      return values.subarray(0, boxes.length * this.#model.graphs.embedDim);
    } finally {
      back.dispose();
    }
  }

  #recordRegions(encoder: GPUCommandEncoder, boxes: readonly Rect[], opinions: readonly Opinion[] = []): void {
    const { regions, spec } = this.network;
    const { frame } = this;
    const { regions: count, opinion } = this.#model.manifest.scoring;
    // A unit vector's length where rows have a root mean square of 1.
    const unit = Math.sqrt(this.#model.graphs.embedDim);
    const classes = Float32Array.from({ length: count }, (_, i) => opinions[i]?.classIndex ?? 0);
    const sure = Float32Array.from({ length: count }, (_, i) => opinion * unit * (opinions[i]?.objectness ?? 0));
    writeInput(this.#gpu, regions, 'class', classes);
    writeInput(this.#gpu, regions, 'sure', sure);
    const fractions = new Float32Array(count * 4);
    const [sx, sy] = [1 / frame.width, 1 / frame.height];
    boxes.forEach(({ x, y, width, height }, i) => {
      fractions.set([x * sx, y * sy, (x + width) * sx, (y + height) * sy], i * 4);
    });
    const seen = boxes.map((box) => scaled(box, spec.input.width * sx, spec.input.height * sy));
    writeInput(this.#gpu, regions, 'boxes', fractions);
    writeInput(this.#gpu, regions, 'geometry', regionGeometry(seen, spec.input, false, count));
    this.#pass(encoder, 'regions', (pass) => regions.record(pass));
  }

  /** @returns where the embeddings of both looks will be */
  #recordCrops(encoder: GPUCommandEncoder, boxes: readonly Rect[], chosen: readonly number[]): GPUBuffer {
    const { crops, regions } = this.network;
    const resize = this.#view.crops;
    if (!crops || !resize) throw new RangeError('detect: no second look was prepared');
    const picked = chosen.flatMap((i) => boxes[i] ?? []);
    const count = this.#model.manifest.scoring.secondLookCount;
    resize.setRects(picked);
    writeInput(this.#gpu, crops, 'geometry', regionGeometry(picked, this.frame, true, count));
    writeInput(
      this.#gpu,
      crops,
      'index',
      Float32Array.from({ length: count }, (_, i) => chosen[i] ?? 0),
    );
    copyBuffer(encoder, regions.buffer('regions'), crops.buffer('regions'));
    this.#pass(encoder, 'crops', (pass) => resize.record(pass));
    copyBuffer(encoder, resize.output, crops.buffer('crops'));
    this.#pass(encoder, 'crop-network', (pass) => crops.record(pass));
    return crops.buffer('looks');
  }

  /** Pixels of boxes of the last frame, at most {@link colouredBoxes}: `sampleSide`² samples each, RGBA. */
  async sampleColours(boxes: readonly Rect[]): Promise<readonly Uint8Array[]> {
    const { samples, sampleBack } = this.#view;
    samples.setRects(boxes);
    const encoder = this.#encoder('colours');
    this.#pass(encoder, 'colours', (pass) => samples.record(pass));
    sampleBack.record(encoder);
    this.#gpu.device.queue.submit([encoder.finish()]);
    const [bytes = new ArrayBuffer(0)] = await sampleBack.read();
    const values = Uint8ClampedArray.from(new Float32Array(bytes));
    const length = values.length / colouredBoxes;
    return boxes.map((_, i) => new Uint8Array(values.buffer, i * length, length));
  }

  /** Releases all that a successor did not take over. */
  disposeAfter(successor?: PromptvitLooks): void {
    this.#view.dispose();
    if (successor?.network !== this.network) this.network.dispose();
  }

  dispose(): void {
    this.disposeAfter();
  }

  [disposeSymbol](): void {
    this.dispose();
  }

  #encoder(step: string): GPUCommandEncoder {
    return this.#gpu.device.createCommandEncoder({ label: `vitreous/detect.${step}` });
  }

  #pass(encoder: GPUCommandEncoder, part: LookPart, record: (pass: GPUComputePassEncoder) => void): void {
    const pass = encoder.beginComputePass(this.timings.pass(part));
    record(pass);
    pass.end();
  }
}

function copyBuffer(encoder: GPUCommandEncoder, from: GPUBuffer, to: GPUBuffer): void {
  encoder.copyBufferToBuffer(from, 0, to, 0, to.size);
}

const scaled = ({ x, y, width, height }: Rect, byX: number, byY: number): Rect => ({
  x: x * byX,
  y: y * byY,
  width: width * byX,
  height: height * byY,
});
