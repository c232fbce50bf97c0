import type { Graph } from '../../plugin/engine/graph.js';
import type { Activation } from '../../plugin/engine/ops/activation.js';
import { type Conv2dAttrs, conv2dOp } from '../../plugin/engine/ops/conv2d.js';
import type { TensorType } from '../../plugin/engine/tensor.js';
import type { Value } from '../../plugin/engine/value.js';

export interface ConvSpec {
  readonly channels: number;
  readonly kernel?: number;
  readonly stride?: number;
  readonly depthwise?: boolean;
  readonly activation?: Activation;
  /** Of the value, where it is not that of the weights. */
  readonly as?: string;
}

/** A convolution with bias and TensorFlow's `same` padding on even sizes: at stride 2 the larger half lies below and right. */
export function conv(graph: Graph, x: Value, name: string, spec: ConvSpec, residual?: Value): Value<TensorType> {
  const { channels, kernel = 1, stride = 1, depthwise = false } = spec;
  const before = stride === 2 ? (kernel - 2) >> 1 : kernel >> 1;
  const after = stride === 2 ? kernel - 2 - before : before;
  const attrs: Conv2dAttrs = {
    weight: `${name}.weight`,
    bias: `${name}.bias`,
    outChannels: channels,
    kernel: [kernel, kernel],
    stride: [stride, stride],
    padding: [before, before],
    ...(after === before ? {} : { paddingAfter: [after, after] }),
    ...(depthwise ? { groups: channels } : {}),
    ...(spec.activation ? { activation: spec.activation } : {}),
    ...(residual ? { residual: 'before-activation' } : {}),
  };
  return graph.add(conv2dOp, residual ? [x, residual] : [x], attrs, spec.as ?? name);
}
