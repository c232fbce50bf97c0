import { pipelineFailed } from './pipeline-cache.js';

/** A full-canvas draw: entry points `vertex` and `fragment`, one colour target. */
export interface RenderPipelineSpec {
  readonly name: string;
  readonly source: string;
  readonly format: GPUTextureFormat;
  /** Group 0; by default what the shader uses. */
  readonly layout?: GPUBindGroupLayout;
  /** By default what is drawn replaces what was there. */
  readonly blend?: GPUBlendState;
}

/** @throws VitreousError `pipeline-failed` with the compiler's message. */
export async function compileRender(device: GPUDevice, spec: RenderPipelineSpec): Promise<GPURenderPipeline> {
  const label = `vitreous/${spec.name}`;
  const module = device.createShaderModule({ label, code: spec.source });
  const target: GPUColorTargetState = spec.blend ? { format: spec.format, blend: spec.blend } : { format: spec.format };
  try {
    return await device.createRenderPipelineAsync({
      label,
      layout: spec.layout ? device.createPipelineLayout({ label, bindGroupLayouts: [spec.layout] }) : 'auto',
      vertex: { module, entryPoint: 'vertex' },
      fragment: { module, entryPoint: 'fragment', targets: [target] },
      primitive: { topology: 'triangle-list' },
    });
  } catch (cause) {
    throw await pipelineFailed(spec.name, module, cause);
  }
}
