// Made from the shaders by `npm run shaders`; a test compares. A shader is imported as its text, and by the name `shader` with what the text
// says about itself: see the loader in vite.config.ts.

type Shader<U = unknown> = import('./gpu/shader.js').Shader<U>;
/** A floating-point uniform, or a number of the plan that changes between frames. */
type Real = number | import('./engine/op.js').ParamWord;

declare module '*/shaders/adapters/tensor_input.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly size: readonly [number, number];
    readonly scale: Real;
    readonly offset: Real;
  }>;
}

declare module '*/shaders/compose/compose.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly rect: readonly [Real, Real, Real, Real];
    readonly split: Real;
    readonly divider: Real;
  }>;
}

declare module '*/shaders/compose/highlight_blur.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/compose/highlight_box.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/compose/highlight_heatmap.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/compose/highlight_label.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/compose/highlight_outline.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/compose/highlight_spotlight.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/detect/cut.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/engine/activation.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly count: number;
    readonly groups: number;
    readonly channels: number;
    readonly stride: number;
  }>;
}

declare module '*/shaders/engine/attention.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly qGrid: readonly [number, number];
    readonly qWindow: readonly [number, number];
    readonly kGrid: readonly [number, number];
    readonly kWindow: readonly [number, number];
    readonly windowsX: number;
    readonly windows: number;
    readonly qRow: number;
    readonly kRow: number;
    readonly vRow: number;
    readonly yRow: number;
    readonly qAt: number;
    readonly kAt: number;
    readonly vAt: number;
    readonly headGroups: number;
    readonly causal: number;
    readonly scale: Real;
  }>;
}

declare module '*/shaders/engine/attention_lanes.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly qGrid: readonly [number, number];
    readonly qWindow: readonly [number, number];
    readonly kGrid: readonly [number, number];
    readonly kWindow: readonly [number, number];
    readonly windowsX: number;
    readonly windows: number;
    readonly qRow: number;
    readonly kRow: number;
    readonly vRow: number;
    readonly yRow: number;
    readonly qAt: number;
    readonly kAt: number;
    readonly vAt: number;
    readonly headChannels: number;
    readonly causal: number;
    readonly scale: Real;
    readonly channels: number;
  }>;
}

declare module '*/shaders/engine/blend_weights.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly length: number;
    readonly experts: number;
  }>;
}

declare module '*/shaders/engine/blend_weights_int8.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly inChannels: number;
    readonly outChannels: number;
    readonly paramsAt: number;
    readonly zerosAt: number;
    readonly experts: number;
    readonly expertLength: number;
    readonly inputScale: Real;
  }>;
}

declare module '*/shaders/engine/broadcast.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly size: readonly [number, number, number, number];
    readonly aStride: readonly [number, number, number, number];
    readonly bStride: readonly [number, number, number, number];
    readonly count: number;
    readonly stride: number;
    readonly channels: number;
    readonly aSplat: number;
    readonly bSplat: number;
  }>;
}

declare module '*/shaders/engine/centre_peaks.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly size: readonly [number, number];
    readonly classes: number;
    readonly classGroups: number;
  }>;
}

declare module '*/shaders/engine/concat.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly count: number;
    readonly stride: number;
    readonly inGroups: number;
    readonly inChannels: number;
    readonly outGroups: number;
    readonly firstChannel: number;
    readonly touchedGroups: number;
    readonly inSpan: number;
    readonly outSpan: number;
    readonly firstRow: number;
  }>;
}

declare module '*/shaders/engine/conv2d.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly inSize: readonly [number, number];
    readonly outSize: readonly [number, number];
    readonly stride: readonly [number, number];
    readonly dilation: readonly [number, number];
    readonly padding: readonly [number, number];
    readonly kernelSize: readonly [number, number];
    readonly inGroups: number;
    readonly xGroups: number;
    readonly outGroups: number;
    readonly groupOuts: number;
    readonly outChannels: number;
    readonly biasAt: number;
    readonly slopeAt: number;
  }>;
}

declare module '*/shaders/engine/conv2d_depthwise.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly inSize: readonly [number, number];
    readonly outSize: readonly [number, number];
    readonly stride: readonly [number, number];
    readonly dilation: readonly [number, number];
    readonly padding: readonly [number, number];
    readonly kernelSize: readonly [number, number];
    readonly groups: number;
    readonly channels: number;
    readonly biasAt: number;
    readonly slopeAt: number;
  }>;
}

declare module '*/shaders/engine/conv2d_depthwise_strip.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly inSize: readonly [number, number];
    readonly outSize: readonly [number, number];
    readonly padding: readonly [number, number];
    readonly groups: number;
    readonly channels: number;
    readonly kernelHeight: number;
    readonly strideY: number;
    readonly strips: number;
    readonly count: number;
    readonly invocations: number;
    readonly biasAt: number;
    readonly slopeAt: number;
  }>;
}

declare module '*/shaders/engine/conv2d_grouped.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly inSize: readonly [number, number];
    readonly outSize: readonly [number, number];
    readonly stride: readonly [number, number];
    readonly dilation: readonly [number, number];
    readonly padding: readonly [number, number];
    readonly kernelSize: readonly [number, number];
    readonly xGroups: number;
    readonly outGroups: number;
    readonly outChannels: number;
    readonly groupIns: number;
    readonly groupOuts: number;
    readonly biasAt: number;
    readonly slopeAt: number;
  }>;
}

declare module '*/shaders/engine/conv2d_int8.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly size: readonly [number, number];
    readonly inGroups: number;
    readonly outGroups: number;
    readonly paramsAt: number;
    readonly zerosAt: number;
    readonly rows: number;
    readonly inverseStep: Real;
  }>;
}

declare module '*/shaders/engine/conv2d_int8_luma_residual.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly size: readonly [number, number];
    readonly inGroups: number;
    readonly paramsAt: number;
    readonly zerosAt: number;
    readonly rows: number;
    readonly strength: Real;
  }>;
}

declare module '*/shaders/engine/conv2d_luma_residual.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly size: readonly [number, number];
    readonly kernelSize: readonly [number, number];
    readonly padding: readonly [number, number];
    readonly inGroups: number;
    readonly biasAt: number;
    readonly strength: Real;
  }>;
}

declare module '*/shaders/engine/conv2d_rows.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly size: readonly [number, number];
    readonly outGroups: number;
    readonly outChannels: number;
    readonly firstGroup: number;
    readonly rows: number;
  }>;
}

declare module '*/shaders/engine/conv_chain.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/engine/crop_resize.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly size: readonly [number, number];
    readonly out: readonly [number, number];
    readonly mean: readonly [Real, Real, Real];
    readonly bgr: number;
    readonly deviation: readonly [Real, Real, Real];
    readonly step: Real;
  }>;
}

declare module '*/shaders/engine/expert_mixture.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly tokens: number;
    readonly experts: number;
    readonly expertGroups: number;
    readonly groups: number;
    readonly hold: Real;
    readonly follow: Real;
  }>;
}

declare module '*/shaders/engine/gather.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly groups: number;
    readonly picks: number;
    readonly indexRow: number;
    readonly tableRows: number;
    readonly tableBatch: number;
    readonly count: number;
    readonly stride: number;
  }>;
}

declare module '*/shaders/engine/global_average_pool.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly pixels: number;
    readonly groups: number;
  }>;
}

declare module '*/shaders/engine/group_norm.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly pixels: number;
    readonly groups: number;
    readonly channels: number;
    readonly groupChannels: number;
    readonly eps: Real;
  }>;
}

declare module '*/shaders/engine/luma.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly size: readonly [number, number];
  }>;
}

declare module '*/shaders/engine/luma_conv2d.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly size: readonly [number, number];
    readonly kernelSize: readonly [number, number];
    readonly padding: readonly [number, number];
    readonly outGroups: number;
    readonly outChannels: number;
    readonly biasAt: number;
    readonly slopeAt: number;
  }>;
}

declare module '*/shaders/engine/luma_conv2d_int8.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly size: readonly [number, number];
    readonly outGroups: number;
    readonly outChannels: number;
    readonly biasAt: number;
    readonly slopeAt: number;
    readonly inverseStep: Real;
  }>;
}

declare module '*/shaders/engine/luma_conv2d_rows.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly size: readonly [number, number];
    readonly outGroups: number;
    readonly outChannels: number;
    readonly firstGroup: number;
    readonly rows: number;
  }>;
}

declare module '*/shaders/engine/luma_residual.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly size: readonly [number, number];
    readonly strength: Real;
  }>;
}

declare module '*/shaders/engine/luma_residual_rows.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly size: readonly [number, number];
    readonly strength: Real;
    readonly rows: number;
  }>;
}

declare module '*/shaders/engine/matmul.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly rows: number;
    readonly inner: number;
    readonly innerGroups: number;
    readonly outGroups: number;
    readonly outChannels: number;
    readonly aBatch: number;
    readonly bBatch: number;
    readonly hasBias: number;
    readonly biasAt: number;
    readonly slopeAt: number;
    readonly tiles: number;
    readonly rowBlocks: number;
    readonly count: number;
    readonly stride: number;
  }>;
}

declare module '*/shaders/engine/matmul_tiled.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly rows: number;
    readonly inner: number;
    readonly innerGroups: number;
    readonly outGroups: number;
    readonly outChannels: number;
    readonly aBatch: number;
    readonly bBatch: number;
    readonly hasBias: number;
    readonly biasAt: number;
    readonly slopeAt: number;
  }>;
}

declare module '*/shaders/engine/matmul_transposed.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly rows: number;
    readonly innerGroups: number;
    readonly outGroups: number;
    readonly outChannels: number;
    readonly aBatch: number;
    readonly bBatch: number;
    readonly rowBlocks: number;
    readonly count: number;
    readonly stride: number;
  }>;
}

declare module '*/shaders/engine/norm.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly rows: number;
    readonly groups: number;
    readonly channels: number;
    readonly centre: number;
    readonly stride: number;
    readonly eps: Real;
  }>;
}

declare module '*/shaders/engine/patch_spectrum.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly size: readonly [number, number];
    readonly tokens: readonly [number, number];
    readonly patchSize: number;
    readonly sumsAt: number;
    readonly floor: Real;
  }>;
}

declare module '*/shaders/engine/pool.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly inSize: readonly [number, number];
    readonly outSize: readonly [number, number];
    readonly stride: readonly [number, number];
    readonly kernelSize: readonly [number, number];
    readonly padding: readonly [number, number];
    readonly groups: number;
    readonly countPadding: number;
  }>;
}

declare module '*/shaders/engine/position_embed.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly tokens: number;
    readonly tokensOut: number;
    readonly groups: number;
    readonly count: number;
    readonly stride: number;
  }>;
}

declare module '*/shaders/engine/prompt_scores.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly prompts: number;
    readonly distractors: number;
    readonly logitGroups: number;
    readonly rivalGroups: number;
    readonly outGroups: number;
    readonly count: number;
    readonly stride: number;
    readonly temperature: Real;
  }>;
}

declare module '*/shaders/engine/rearrange.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly axes: readonly [{ readonly high: readonly [number, number, number, number]; readonly middle: readonly [number, number, number, number]; readonly low: readonly [number, number, number, number]; readonly middleCount: number; readonly lowCount: number }, { readonly high: readonly [number, number, number, number]; readonly middle: readonly [number, number, number, number]; readonly low: readonly [number, number, number, number]; readonly middleCount: number; readonly lowCount: number }, { readonly high: readonly [number, number, number, number]; readonly middle: readonly [number, number, number, number]; readonly low: readonly [number, number, number, number]; readonly middleCount: number; readonly lowCount: number }, { readonly high: readonly [number, number, number, number]; readonly middle: readonly [number, number, number, number]; readonly low: readonly [number, number, number, number]; readonly middleCount: number; readonly lowCount: number }];
    readonly size: readonly [number, number, number, number];
    readonly source: readonly [number, number, number, number];
    readonly origin: readonly [number, number, number, number];
    readonly sourceGroups: number;
    readonly channels: number;
    readonly count: number;
    readonly stride: number;
    readonly replicate: number;
  }>;
}

declare module '*/shaders/engine/reshape.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly count: number;
    readonly stride: number;
    readonly groups: number;
    readonly channels: number;
    readonly inGroups: number;
    readonly inChannels: number;
  }>;
}

declare module '*/shaders/engine/resize.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly inSize: readonly [number, number];
    readonly outSize: readonly [number, number];
    readonly groups: number;
  }>;
}

declare module '*/shaders/engine/roi_align.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly size: readonly [number, number];
    readonly groups: number;
    readonly count: number;
    readonly stride: number;
  }>;
}

declare module '*/shaders/engine/window_block.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly grid: readonly [number, number];
    readonly window: readonly [number, number];
    readonly heads: number;
    readonly headGroups: number;
    readonly hiddenGroups: number;
    readonly outGroups: number;
    readonly eps: Real;
    readonly scale: Real;
  }>;
}

declare module '*/shaders/ingest/ingest.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/prelude/activation.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/prelude/bilinear_x2.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/prelude/chain_dims.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly size: readonly [number, number];
    readonly layers: number;
    readonly taps: number;
    readonly groups: number;
    readonly strength: Real;
  }>;
}

declare module '*/shaders/prelude/chain_from_frame.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/prelude/chain_from_map.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/prelude/chain_to_map.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/prelude/chain_to_picture.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/prelude/frame.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/prelude/highlight.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly rect: readonly [Real, Real, Real, Real];
    readonly canvas: readonly [Real, Real];
    readonly split: Real;
    readonly divider: Real;
    readonly ratio: Real;
    readonly count: Real;
    readonly labelScale: Real;
    readonly layers: Real;
    readonly cuts: number;
    readonly cutsKnown: Real;
    readonly turn: readonly [Real, Real];
    readonly colours: readonly Real[];
    readonly marks: readonly { readonly box: readonly [Real, Real, Real, Real]; readonly seenAt: readonly [Real, Real, Real, Real]; readonly colour: readonly [Real, Real, Real, Real]; readonly label: readonly [Real, Real, Real, Real]; readonly heat: readonly [Real, Real, Real, Real] }[];
  }>;
}

declare module '*/shaders/prelude/int8.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/prelude/keys_broadcast.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/prelude/keys_shared.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/prelude/lanes.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/prelude/luma.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/prelude/tile_of_grid.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/prelude/tile_of_list.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/prelude/weights_uniform.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader;
}

declare module '*/shaders/upscale/changed_patches.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly size: readonly [number, number];
    readonly patches: readonly [number, number];
    readonly lists: number;
    readonly everything: number;
  }>;
}

declare module '*/shaders/upscale/renew_patches.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly words: number;
    readonly lists: number;
  }>;
}

declare module '*/shaders/upscale/tile_lists.wgsl' {
  const source: string;
  export default source;
  export const shader: Shader<{
    readonly patches: readonly [number, number];
  }>;
}

declare module '*.glsl' {
  const source: string;
  export default source;
}
