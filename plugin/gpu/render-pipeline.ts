import { pipelineFailed } from './pipeline-cache.js';

/** A full-canvas draw: entry points `vertex` and `fragment`, one colour target. */
export interface RenderPipelineSpec {
  readonly name: string;
  readonly source: string;
  readonly format: GPUTextureFormat;
}

/** @throws VitreousError `pipeline-failed` with the compiler's message. */
export async function compileRender(device: GPUDevice, spec: RenderPipelineSpec): Promise<GPURenderPipeline> {
  const label = `vitreous/${spec.name}`;
  const module = device.createShaderModule({ label, code: spec.source });
  try {
    return await device.createRenderPipelineAsync({
      label,
      layout: 'auto',
      vertex: { module, entryPoint: 'vertex' },
      fragment: { module, entryPoint: 'fragment', targets: [{ format: spec.format }] },
      primitive: { topology: 'triangle-list' },
    });
  } catch (cause) {
    throw await pipelineFailed(spec.name, module, cause);
  }
}
