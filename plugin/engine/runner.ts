import { type DisposableResource, disposeSymbol } from '../core/dispose.js';
import { notReady, VitreousError } from '../core/errors.js';
import type { GpuDevice } from '../gpu/device.js';
import { bufferUsage } from '../gpu/usage.js';
import type { UniformWord } from './op.js';
import type { Plan, PlanBinding, PlanSegment, PlanStep } from './plan/plan.js';
import { invalidGraph, tensorBytes } from './tensor.js';
import { argumentsStrideBytes, type TileBuffers } from './tiling.js';
import { WeightBank, type WeightLease } from './weights/bank.js';
import { packedBytes } from './weights/packing.js';
import type { WeightSource } from './weights/source.js';

const { copyDst, copySrc, storage, uniform } = bufferUsage;

/** The textures behind a plan's image values, by name. */
export type Images = Readonly<Record<string, GPUTextureView>>;

/** What of a plan is to be run, and on which of the sets of textures that `bind` was given. */
export interface Due {
  readonly segments?: readonly PlanSegment[];
  readonly set?: number;
}

/** What `bind` makes once and `record` uses. */
interface Bound {
  readonly groups: readonly GPUBindGroup[];
  /** Of a plan with tiling: its lists, and the arguments of all of them. */
  readonly lists: readonly GPUBindGroup[];
  readonly arguments: GPUBuffer | undefined;
}

function writeUniforms(view: DataView, offsetBytes: number, words: readonly UniformWord[]): void {
  words.forEach((word, i) => {
    const at = offsetBytes + i * 4;
    if (typeof word === 'number') view.setUint32(at, word, true);
    else if ('f32' in word) view.setFloat32(at, word.f32, true);
    else if ('param' in word) view.setFloat32(at, word.default, true);
    else view.setInt32(at, word.i32, true);
  });
}

function checkLimits(gpu: GpuDevice, plan: Plan): void {
  const { caps } = gpu;
  const need = (found: number, limit: number, name: string): void => {
    if (found > limit)
      throw new VitreousError({
        code: 'device-limit',
        stage: 'engine',
        found: `${name} = ${limit}`,
        expected: `at least ${found} for this plan`,
        fix: 'Use a smaller source or tier, or a device with larger limits; the stage is bypassed.',
      });
  };
  for (const bytes of plan.arena.bufferBytes) need(bytes, caps.maxBufferBytes, 'maxBufferSize');
  for (const packed of plan.weights) need(packedBytes(packed, plan.precision), caps.maxBufferBytes, 'maxBufferSize');
  need(plan.computedBytes, caps.maxBufferBytes, 'maxBufferSize');
  for (const step of plan.steps) {
    for (const count of step.workgroups)
      need(count, caps.maxWorkgroupsPerDimension, 'maxComputeWorkgroupsPerDimension');
    for (const binding of step.bindings)
      if (binding.kind !== 'image') need(binding.sizeBytes, caps.maxStorageBindingBytes, 'maxStorageBufferBindingSize');
  }
}

/**
 * The GPU objects of one plan on one device. Made by `Runner.create`, fed with textures by `bind`, run by `record`. Everything
 * in it can be made again from the plan and the weights after a device loss.
 */
export class Runner implements DisposableResource {
  readonly plan: Plan;
  readonly #gpu: GpuDevice;
  readonly #pipelines: readonly GPUComputePipeline[];
  readonly #buffers: GPUBuffer[] = [];
  readonly #io = new Map<string, GPUBuffer>();
  #arena: readonly GPUBuffer[] = [];
  #weights: WeightLease | undefined;
  #weightBuffers: readonly GPUBuffer[] = [];
  #computed: GPUBuffer | undefined;
  #uniforms: GPUBuffer | undefined;
  readonly #bound: Bound[] = [];
  /** What `setParam` uploads from: one number, used again. */
  readonly #paramValue = new Float32Array(1);
  #disposed = false;

  private constructor(gpu: GpuDevice, plan: Plan, pipelines: readonly GPUComputePipeline[]) {
    this.#gpu = gpu;
    this.plan = plan;
    this.#pipelines = pipelines;
  }

  /**
   * Compiles all pipelines in parallel, then allocates and uploads.
   *
   * @throws VitreousError `pipeline-failed`, `device-limit`, `gpu-out-of-memory`, `weights-*`; the signal's reason.
   */
  static async create(gpu: GpuDevice, plan: Plan, weights: WeightSource, signal?: AbortSignal): Promise<Runner> {
    signal?.throwIfAborted();
    checkLimits(gpu, plan);
    const pipelines = await Promise.all(
      plan.steps.map(({ kernel, consts }, i) =>
        gpu.pipelines.compile({
          kernel,
          consts,
          precision: plan.precision,
          listed: plan.tiling?.listOf[i] !== undefined,
        }),
      ),
    );
    signal?.throwIfAborted();
    const runner = new Runner(gpu, plan, pipelines);
    try {
      await gpu.checked('allocating the plan', () => runner.#allocate());
      runner.#hold(await WeightBank.of(gpu).lease(gpu, weights, plan.weights, plan.precision, signal));
      signal?.throwIfAborted();
    } catch (thrown) {
      runner.dispose();
      throw thrown;
    }
    return runner;
  }

  /** GPU memory it holds; weights that others hold too count with who has held them longest. */
  get sizeBytes(): number {
    return this.#buffers.reduce((bytes, buffer) => bytes + buffer.size, 0) + (this.#weights?.sizeBytes ?? 0);
  }

  /** The part of it that holds weights. */
  get weightBytes(): number {
    return (this.#weights?.sizeBytes ?? 0) + (this.#computed?.size ?? 0);
  }

  /** The buffer of a tensor that is an input or output of the graph. */
  buffer(name: string): GPUBuffer {
    const buffer = this.#io.get(name);
    if (!buffer) throw invalidGraph(`no tensor input or output '${name}'`, [...this.#io.keys()].join(', '));
    return buffer;
  }

  /**
   * Builds the bind groups. Once a set of textures; never in steady state.
   *
   * @param tiles where a plan with tiling finds its lists
   * @param set sets of textures that take turns have a number each
   * @throws VitreousError `graph-invalid` for a texture or lists that are missing.
   */
  bind(images: Images = {}, tiles?: TileBuffers, set = 0): void {
    this.#alive();
    const { tiling } = this.plan;
    if (tiling && !tiles) throw invalidGraph('bind without lists of tiles', 'those of the tiling');
    this.#bound[set] = {
      groups: this.plan.steps.map((step) => this.#group(step, images)),
      lists: tiling && tiles ? tiling.lists.map((_list, i) => this.#listGroup(tiles, i)) : [],
      arguments: tiles?.arguments,
    };
  }

  #group(step: PlanStep, images: Images): GPUBindGroup {
    const uniforms = this.#uniforms;
    if (!uniforms) throw invalidGraph('bind before the plan is allocated', 'a runner made by Runner.create');
    return this.#gpu.device.createBindGroup({
      label: `vitreous/${step.label}`,
      layout: this.#gpu.pipelines.layout(step.kernel.bindings),
      entries: [
        {
          binding: 0,
          resource: {
            buffer: uniforms,
            offset: step.uniformOffsetBytes,
            size: Math.max(Math.ceil((step.uniforms.length * 4) / 16) * 16, 16),
          },
        },
        ...step.bindings.map((binding, i) => ({
          binding: i + 1,
          resource: this.#resource(step, binding, images),
        })),
      ],
    });
  }

  #listGroup(tiles: TileBuffers, list: number): GPUBindGroup {
    const resource = tiles.lists[list];
    if (!resource) throw invalidGraph(`list ${list} of tiles`, `below ${tiles.lists.length}`);
    return this.#gpu.device.createBindGroup({
      label: `vitreous/tiles.${list}`,
      layout: this.#gpu.pipelines.listLayout,
      entries: [{ binding: 0, resource }],
    });
  }

  /**
   * Sets a number of the plan for what is submitted from now on. Allocates nothing; a new runner starts with the plan's defaults.
   *
   * @throws VitreousError `graph-invalid` for a name the plan has not, or a value that is no finite number.
   */
  setParam(name: string, value: number): void {
    this.#alive();
    const param = this.plan.params.find((known) => known.name === name);
    if (!param) throw invalidGraph(`param '${name}'`, this.plan.params.map((known) => known.name).join(', ') || 'none');
    if (!Number.isFinite(value)) throw invalidGraph(`param '${name}' = ${value}`, 'a finite number');
    if (!this.#uniforms) throw invalidGraph('setParam before the plan is allocated', 'a runner made by Runner.create');
    this.#paramValue[0] = value;
    for (const offsetBytes of param.offsetsBytes)
      this.#gpu.device.queue.writeBuffer(this.#uniforms, offsetBytes, this.#paramValue);
  }

  /**
   * Encodes the dispatches of what is due into the caller's pass. Synchronous; allocates nothing; never submits.
   *
   * @param due default: all segments, with the first set of textures
   * @throws VitreousError `graph-invalid` before `bind`.
   */
  record(pass: GPUComputePassEncoder, { segments = this.plan.segments, set = 0 }: Due = {}): void {
    this.#alive();
    const bound = this.#bound[set];
    if (!bound) throw invalidGraph('record before bind', 'bind first');
    for (const segment of segments) this.#recordSegment(pass, segment, bound);
  }

  #recordSegment(pass: GPUComputePassEncoder, { first, end }: PlanSegment, bound: Bound): void {
    const { steps, tiling } = this.plan;
    for (let i = first; i < end; i++) {
      const step = steps[i];
      const pipeline = this.#pipelines[i];
      const group = bound.groups[i];
      if (!step || !pipeline || !group) continue;
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      const list = tiling?.listOf[i];
      const tiles = list === undefined ? undefined : bound.lists[list];
      if (list !== undefined && tiles && bound.arguments) {
        pass.setBindGroup(1, tiles);
        pass.dispatchWorkgroupsIndirect(bound.arguments, list * argumentsStrideBytes);
      } else pass.dispatchWorkgroups(step.workgroups[0], step.workgroups[1], step.workgroups[2]);
    }
  }

  /** Encodes that what lasts from frame to frame is forgotten: its states are zeros again. */
  forget(encoder: GPUCommandEncoder): void {
    this.#alive();
    for (const { name } of this.plan.states) encoder.clearBuffer(this.buffer(name));
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const buffer of this.#buffers) buffer.destroy();
    this.#weights?.dispose();
    this.#bound.length = 0;
  }

  [disposeSymbol](): void {
    this.dispose();
  }

  #alive(): void {
    if (this.#disposed) throw notReady('engine', 'a runner', 'Runner.create');
  }

  #hold(weights: WeightLease): void {
    this.#weights = weights;
    this.#weightBuffers = weights.buffers;
  }

  #allocate(): void {
    const { plan } = this;
    this.#arena = plan.arena.bufferBytes.map((size, i) => this.#buffer(`arena.${i}`, size, storage));
    for (const { name, type } of [...plan.inputs, ...plan.states, ...plan.outputs])
      if (type.kind === 'tensor') {
        const owner = plan.views[name] ?? name;
        const buffer =
          this.#io.get(owner) ?? this.#buffer(owner, tensorBytes(type, plan.precision), storage | copySrc | copyDst);
        this.#io.set(owner, buffer);
        this.#io.set(name, buffer);
      }
    if (plan.computedBytes > 0) this.#computed = this.#buffer('computed', plan.computedBytes, storage);
    this.#uniforms = this.#uploadUniforms();
  }

  #buffer(label: string, size: number, usage: number): GPUBuffer {
    const buffer = this.#gpu.device.createBuffer({
      label: `vitreous/${label}`,
      size: Math.max(size, 16),
      usage,
    });
    this.#buffers.push(buffer);
    return buffer;
  }

  #uploadUniforms(): GPUBuffer {
    const { plan } = this;
    const view = new DataView(new ArrayBuffer(Math.max(plan.uniformBytes, 16)));
    for (const step of plan.steps) writeUniforms(view, step.uniformOffsetBytes, step.uniforms);
    const buffer = this.#buffer('uniforms', view.byteLength, uniform | copyDst);
    this.#gpu.device.queue.writeBuffer(buffer, 0, view.buffer);
    return buffer;
  }

  #resource(step: PlanStep, binding: PlanBinding, images: Images): GPUBindingResource {
    switch (binding.kind) {
      case 'image': {
        const view = images[binding.value];
        if (!view) throw invalidGraph(`no texture for image '${binding.value}' of ${step.label}`, 'one view an image');
        return view;
      }
      case 'io':
        return { buffer: this.buffer(binding.value) };
      case 'arena': {
        const buffer = this.#arena[binding.color];
        if (!buffer) throw invalidGraph(`arena colour ${binding.color}`, `below ${this.#arena.length}`);
        return { buffer, offset: binding.offsetBytes, size: binding.sizeBytes };
      }
      case 'weights': {
        const buffer = this.#weightBuffers[binding.index];
        if (!buffer) throw invalidGraph(`${step.label} reads weights`, 'those of the plan');
        return { buffer, size: binding.sizeBytes };
      }
      case 'computed': {
        if (!this.#computed) throw invalidGraph(`${step.label} reads computed weights`, 'a plan that computes some');
        return { buffer: this.#computed, offset: binding.offsetBytes, size: binding.sizeBytes };
      }
    }
  }
}
