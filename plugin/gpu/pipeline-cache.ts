import { VitreousError } from '../core/errors.js';
import { type BindingKind, type Consts, composeWgsl, type Kernel, type Precision } from './kernel.js';
import { shaderStage } from './usage.js';

/** What is compiled: a kernel at a precision with its generated constants. Plain data, so a lost device can be refilled from it. */
export interface PipelineSpec {
  readonly kernel: Kernel;
  readonly precision: Precision;
  readonly consts: Consts;
  /** Workgroups come from a list, bound as group 1 (`listLayout`). Only for kernels with `tiles`. */
  readonly listed?: boolean;
}

const listBindings: readonly BindingKind[] = ['storage-read'];

const layoutEntry: Readonly<Record<BindingKind, Omit<GPUBindGroupLayoutEntry, 'binding' | 'visibility'>>> = {
  uniform: { buffer: { type: 'uniform' } },
  'storage-read': { buffer: { type: 'read-only-storage' } },
  'storage-write': { buffer: { type: 'storage' } },
  texture: { texture: { sampleType: 'float' } },
  'texture-unfilterable': { texture: { sampleType: 'unfilterable-float' } },
  'storage-texture-rgba8unorm': { storageTexture: { access: 'write-only', format: 'rgba8unorm' } },
  'external-texture': { externalTexture: {} },
  sampler: { sampler: { type: 'filtering' } },
};

/** The error of a pipeline that could not be made, with the compiler's first message. */
export async function pipelineFailed(name: string, module: GPUShaderModule, cause: unknown): Promise<VitreousError> {
  const info = await module.getCompilationInfo();
  const first = info.messages.find((message) => message.type === 'error');
  return new VitreousError({
    code: 'pipeline-failed',
    stage: 'gpu',
    found: first ? `${name}: ${first.message} (line ${first.lineNum})` : `${name}: ${String(cause)}`,
    expected: 'a pipeline',
    fix: 'Report this with the adapter info; the stage is bypassed and the native video plays on.',
    cause,
  });
}

/**
 * Compute pipelines of one device, each compiled once, asynchronously. The key is the final WGSL text and the binding kinds
 * themselves: no field can be forgotten in it, and no two programs can collide.
 */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Group 0 of a kernel with these bindings. */
  layout(bindings: readonly BindingKind[]): GPUBindGroupLayout {
    const key = bindings.join(',');
    const known = this.#layouts.get(key);
    if (known) return known;
    const layout = this.#device.createBindGroupLayout({
      label: `vitreous/layout(${key})`,
      entries: bindings.map((kind, binding) => ({
        binding,
        visibility: shaderStage.compute,
        ...layoutEntry[kind],
      })),
    });
    this.#layouts.set(key, layout);
    return layout;
  }

  /** Group 1 of a listed kernel: the list. */
  get listLayout(): GPUBindGroupLayout {
    return this.layout(listBindings);
  }

  /** @throws VitreousError `pipeline-failed` with the compiler's message. */
  compile(spec: PipelineSpec): Promise<GPUComputePipeline> {
    const code = composeWgsl(spec.kernel, spec.precision, spec.consts, spec.listed);
    const key = `${spec.kernel.bindings.join(',')}\0${code}`;
    const known = this.#pipelines.get(key);
    if (known) return known;
    const pipeline = this.#create(spec, code);
    this.#pipelines.set(key, pipeline);
    // A failure is reported to every waiter but not kept: after a driver hiccup the next prepare may succeed.
    pipeline.catch(() => this.#pipelines.delete(key));
    return pipeline;
  }

  async #create(spec: PipelineSpec, code: string): Promise<GPUComputePipeline> {
    const label = `vitreous/${spec.kernel.name}.${spec.precision}`;
    const module = this.#device.createShaderModule({ label, code });
    try {
      return await this.#device.createComputePipelineAsync({
        label,
        layout: this.#device.createPipelineLayout({
          label,
          bindGroupLayouts: [this.layout(spec.kernel.bindings), ...(spec.listed ? [this.listLayout] : [])],
        }),
        compute: { module, entryPoint: 'main' },
      });
    } catch (cause) {
      throw await pipelineFailed(spec.kernel.name, module, cause);
    }
  }
}
