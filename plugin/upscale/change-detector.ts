import { shader as changedShader } from '../../shaders/upscale/changed_patches.wgsl';
import { shader as renewShader } from '../../shaders/upscale/renew_patches.wgsl';
import { shader as listsShader } from '../../shaders/upscale/tile_lists.wgsl';
import { type DisposableResource, disposeSymbol } from '../core/dispose.js';
import { notReady } from '../core/errors.js';
import type { Size } from '../core/geometry.js';
import { argumentsStrideBytes, patchSide, type TileBuffers, type Tiling } from '../engine/tiling.js';
import type { GpuDevice } from '../gpu/device.js';
import type { Kernel, Precision } from '../gpu/kernel.js';
import { kernelOf } from '../gpu/shader.js';
import { uniformBytes } from '../gpu/uniforms.js';
import { bufferUsage, mapModeRead } from '../gpu/usage.js';
import { type PackedLists, packLists } from './change-lists.js';

const changedKernel = kernelOf('upscale/changed_patches', changedShader);
const listsKernel = kernelOf('upscale/tile_lists', listsShader);
const renewKernel = kernelOf('upscale/renew_patches', renewShader);

const { copyDst, copySrc, indirect, mapRead, storage, uniform: uniformUsage } = bufferUsage;

interface Pipelines {
  readonly changed: GPUComputePipeline;
  readonly lists: GPUComputePipeline;
  /** Of a plan that blends its weights. */
  readonly renew: GPUComputePipeline | undefined;
}

/** Finds on the GPU which tiles of a plan a change of the frame concerns; the CPU does not hear of it. */
export class ChangeDetector implements DisposableResource {
  readonly tiles: TileBuffers;
  readonly #gpu: GpuDevice;
  readonly #pipelines: Pipelines;
  readonly #patches: readonly [number, number];
  readonly #packed: PackedLists;
  readonly #owned: GPUBuffer[] = [];
  readonly #changedBits: GPUBuffer;
  /** Uniforms of the comparison: of two frames, and of one that has nothing before it. */
  readonly #compare: GPUBuffer;
  readonly #everything: GPUBuffer;
  readonly #listGroup: GPUBindGroup;
  readonly #pictureList: number;
  readonly #pictureTiles: number;
  readonly #readback: GPUBuffer;
  #reading = false;
  #compareGroup: GPUBindGroup | undefined;
  #everythingGroup: GPUBindGroup | undefined;
  readonly #renewal: GPUBuffer;
  #renewGroup: GPUBindGroup | undefined;

  private constructor(gpu: GpuDevice, { width, height }: Size, tiling: Tiling, pipelines: Pipelines) {
    this.#gpu = gpu;
    this.#pipelines = pipelines;
    this.#patches = tiling.patches;
    const packed = packLists(tiling, gpu.caps.bindingAlignmentBytes);
    this.#packed = packed;
    const [columns, rows] = tiling.patches;
    const lists = tiling.lists.length;
    const patches = [columns, rows] as const;
    const comparison = (everything: 0 | 1) =>
      uniformBytes(changedKernel, { size: [width, height], patches, lists, everything });
    const uniform = (name: string, block: Uint32Array<ArrayBuffer>) =>
      this.#buffer(name, uniformUsage, block.byteLength, block);
    this.#compare = uniform('changes.compare', comparison(0));
    this.#everything = uniform('changes.everything', comparison(1));
    const words = Math.ceil(columns / 32) * rows;
    this.#changedBits = this.#buffer('changes.patches', storage | copySrc, words * 4);
    this.#renewal = uniform('changes.renewal', uniformBytes(renewKernel, { words, lists }));
    const tiles = this.#buffer('changes.tiles', storage | copySrc, packed.tilesSizeBytes);
    const counts = this.#buffer(
      'changes.arguments',
      storage | indirect | copySrc,
      packed.arguments.byteLength,
      packed.arguments,
    );
    this.tiles = { lists: packed.places.map((place) => ({ buffer: tiles, ...place })), arguments: counts };
    const picture = tiling.lists[tiling.pictureList];
    this.#pictureList = tiling.pictureList;
    this.#pictureTiles = (picture?.columns.length ?? 0) * (picture?.rows.length ?? 0);
    this.#readback = this.#buffer('changes.readback', mapRead | copyDst, 4);
    this.#listGroup = this.#group('tile_lists', listsKernel, [
      { buffer: uniform('changes.lists', uniformBytes(listsKernel, { patches })) },
      { buffer: this.#changedBits },
      { buffer: this.#buffer('changes.ranges', storage, packed.ranges.byteLength, packed.ranges) },
      { buffer: this.#buffer('changes.table', storage, packed.table.byteLength, packed.table) },
      { buffer: tiles },
      { buffer: counts },
    ]);
  }

  /**
   * @param precision of the plan
   * @throws VitreousError `pipeline-failed`, `gpu-out-of-memory`; the signal's reason.
   */
  static async create(
    gpu: GpuDevice,
    size: Size,
    tiling: Tiling,
    precision: Precision,
    signal?: AbortSignal,
  ): Promise<ChangeDetector> {
    const compile = (kernel: Kernel, consts: { readonly PATCH?: number } = {}, of: Precision = 'f32') =>
      gpu.pipelines.compile({ kernel, precision: of, consts });
    const [changed, lists, renew] = await Promise.all([
      compile(changedKernel, { PATCH: patchSide }),
      compile(listsKernel),
      tiling.voidedBy === undefined ? undefined : compile(renewKernel, {}, precision),
    ]);
    signal?.throwIfAborted();
    return gpu.checked('lists of tiles', () => new ChangeDetector(gpu, size, tiling, { changed, lists, renew }));
  }

  /**
   * Sets the two textures that frames go to in turns; call again when either changes.
   *
   * @param voidedBy the state of that name, where the tiling has one
   */
  bind(frames: readonly [GPUTextureView, GPUTextureView], voidedBy?: GPUBuffer): void {
    const group = (uniforms: GPUBuffer): GPUBindGroup =>
      this.#group('changed_patches', changedKernel, [
        { buffer: uniforms },
        ...frames,
        { buffer: this.#changedBits },
        { buffer: this.tiles.arguments },
      ]);
    this.#compareGroup = group(this.#compare);
    this.#everythingGroup = group(this.#everything);
    if (voidedBy)
      this.#renewGroup = this.#group('renew_patches', renewKernel, [
        { buffer: this.#renewal },
        { buffer: voidedBy },
        { buffer: this.#changedBits },
        { buffer: this.tiles.arguments },
      ]);
  }

  /** Encodes the comparison of the two textures, or with `everything` that all tiles run. Allocates nothing. */
  record(pass: GPUComputePassEncoder, everything: boolean): void {
    const compare = everything ? this.#everythingGroup : this.#compareGroup;
    if (!compare) throw notReady('upscale', 'a change detector', 'bind');
    const [columns, rows] = this.#patches;
    pass.setPipeline(this.#pipelines.changed);
    pass.setBindGroup(0, compare);
    const [across, down] = changedKernel.workgroup;
    pass.dispatchWorkgroups(Math.ceil(columns / across), Math.ceil(rows / down));
    this.#recordLists(pass);
  }

  /** Encodes that all tiles run from here on where the state that the tiling names has just changed. */
  renew(pass: GPUComputePassEncoder): void {
    if (!this.#pipelines.renew || !this.#renewGroup)
      throw notReady('upscale', 'a change detector', 'bind with a state');
    pass.setPipeline(this.#pipelines.renew);
    pass.setBindGroup(0, this.#renewGroup);
    pass.dispatchWorkgroups(1);
    this.#recordLists(pass);
  }

  #recordLists(pass: GPUComputePassEncoder): void {
    pass.setPipeline(this.#pipelines.lists);
    pass.setBindGroup(0, this.#listGroup);
    pass.dispatchWorkgroups(Math.ceil(this.#packed.mostTiles / listsKernel.workgroup[0]), this.#packed.places.length);
  }

  /** Encodes that `readShare` shall tell of this frame; false while it still reads of another. */
  sample(encoder: GPUCommandEncoder): boolean {
    if (this.#reading) return false;
    const offset = this.#pictureList * argumentsStrideBytes;
    encoder.copyBufferToBuffer(this.tiles.arguments, offset, this.#readback, 0, 4);
    return true;
  }

  /** After the submit of a sampled frame: the share of the picture that was computed, 0 to 1; undefined after a loss. */
  async readShare(): Promise<number | undefined> {
    this.#reading = true;
    try {
      await this.#readback.mapAsync(mapModeRead);
      const [count = 0] = new Uint32Array(this.#readback.getMappedRange(0, 4));
      return count / this.#pictureTiles;
    } catch {
      return undefined; // The device went away while mapping; the loss itself is reported by `GpuDevice.lost`.
    } finally {
      if (this.#readback.mapState === 'mapped') this.#readback.unmap();
      this.#reading = false;
    }
  }

  /** GPU memory it holds. */
  get sizeBytes(): number {
    return this.#owned.reduce((bytes, buffer) => bytes + buffer.size, 0);
  }

  #buffer(name: string, usage: number, sizeBytes: number, data?: Uint32Array<ArrayBuffer>): GPUBuffer {
    const { device } = this.#gpu;
    const buffer = device.createBuffer({
      label: `vitreous/${name}`,
      size: Math.max(sizeBytes, 16),
      usage: data ? usage | copyDst : usage,
    });
    this.#owned.push(buffer);
    if (data) device.queue.writeBuffer(buffer, 0, data);
    return buffer;
  }

  #group(name: string, kernel: Kernel, resources: readonly GPUBindingResource[]): GPUBindGroup {
    return this.#gpu.device.createBindGroup({
      label: `vitreous/${name}`,
      layout: this.#gpu.pipelines.layout(kernel.bindings),
      entries: resources.map((resource, binding) => ({ binding, resource })),
    });
  }

  dispose(): void {
    for (const buffer of this.#owned.splice(0)) buffer.destroy();
    this.#compareGroup = undefined;
    this.#everythingGroup = undefined;
    this.#renewGroup = undefined;
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
