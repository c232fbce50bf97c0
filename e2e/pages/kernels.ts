// Compiles every shader of the library on this browser's device and tells what its compiler says.
/// <reference types="vite/types/importMeta.d.ts" />

import { openDevice } from '../../plugin/gpu/device.js';
import { type BindingKind, composeWgsl, type Kernel } from '../../plugin/gpu/kernel.js';
import { compileRender } from '../../plugin/gpu/render-pipeline.js';
import { everyKernel } from './every-kernel.js';

export interface CompiledKernels {
  readonly adapter: string;
  readonly programs: number;
  /** Shaders of which no program came. */
  readonly missing: readonly string[];
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
}

/** Every shader's text by its name without the ending, and the folder it lies in. */
const shaders = Object.entries(
  import.meta.glob<string>('../../shaders/**/*.wgsl', { import: 'default', eager: true }),
).map(([path, source]) => {
  const [, folder = '', name = ''] = /([^/]+)\/([^/]+)\.wgsl$/.exec(path) ?? [];
  return { folder, name, source };
});

async function failure(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

async function compileAll(): Promise<CompiledKernels> {
  const gpu = await openDevice();
  const { device, caps } = gpu;
  const files: Record<string, number> = {};
  const failed: string[] = [];
  const skipped: string[] = [];
  const note = (name: string, said: string | undefined): void => {
    files[name] = (files[name] ?? 0) + 1;
    if (said !== undefined) failed.push(`${name}: ${said}`);
  };
  const compute = async (code: string, bindings: readonly BindingKind[] | undefined, listed = false): Promise<void> => {
    const module = device.createShaderModule({ code });
    const said = (await module.getCompilationInfo()).messages.filter(({ type }) => type === 'error');
    if (said.length > 0) throw new Error(said.map(({ lineNum, message }) => `line ${lineNum}: ${message}`).join('; '));
    const layouts = bindings && [gpu.pipelines.layout(bindings), ...(listed ? [gpu.pipelines.listLayout] : [])];
    const layout = layouts ? device.createPipelineLayout({ bindGroupLayouts: layouts }) : 'auto';
    await device.createComputePipelineAsync({ layout, compute: { module, entryPoint: 'main' } });
  };
  if (!caps.shaderF16) skipped.push('programs in f16: the device has no shader-f16');
  if (!caps.packedInt8) skipped.push('int8 kernels: WGSL here has no packed_4x8_integer_dot_product');
  if (!caps.subgroups) skipped.push('variants with subgroups: the device has none');
  for (const { name, code, bindings, listed } of everyKernel(caps, caps.shaderF16 ? ['f32', 'f16'] : ['f32']))
    note(name.replace(/\..*$/, ''), (await failure(() => compute(code, bindings, listed)))?.replace(/^/, `${name}: `));
  const prelude = shaders.find(({ folder, name }) => folder === 'prelude' && name === 'highlight')?.source ?? '';
  const takesVideo = 'importExternalTexture' in device;
  if (!takesVideo) skipped.push('ingest: the device has no external textures');
  for (const { folder, name, source } of shaders)
    if (folder === 'compose')
      note(
        name,
        await failure(() =>
          compileRender(device, {
            name,
            source: name.startsWith('highlight_') ? prelude + source : source,
            format: 'rgba8unorm',
          }),
        ),
      );
    else if (folder !== 'engine' && folder !== 'prelude' && (takesVideo || name !== 'ingest')) {
      const kernel: Kernel = { name, source, bindings: [] };
      note(name, await failure(() => compute(composeWgsl(kernel, 'f32', { PATCH: 8 }), undefined)));
    }
  const missing = shaders.filter(
    ({ folder, name }) => folder !== 'prelude' && !(name in files) && (takesVideo || name !== 'ingest'),
  );
  return {
    adapter: `${caps.vendor} ${caps.architecture} ${caps.description}`.trim(),
    programs: Object.values(files).reduce((sum, count) => sum + count, 0),
    missing: missing.map(({ name }) => name),
    failed,
    skipped,
  };
}

declare global {
  interface Window {
    compileAll: typeof compileAll;
  }
}
window.compileAll = compileAll;
document.documentElement.dataset.ready = 'true';
