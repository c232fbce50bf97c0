import type { Graph } from '../graph.js';
import type { TensorType } from '../tensor.js';
import type { Value } from '../value.js';
import { attention } from './attention.js';
import { add } from './broadcast.js';
import { conv2d } from './conv2d.js';
import { linear } from './linear.js';
import { layerNorm } from './norm.js';
import type { WindowBlockAttrs } from './window-block-attrs.js';

/** The ops a `windowBlock` is made of: a dispatch a step, each with a kernel of its own. */
export function windowBlockParts(graph: Graph, z: Value<TensorType>, attrs: WindowBlockAttrs): Value<TensorType> {
  const { block: at, heads, hiddenChannels, window, eps, local, out } = attrs;
  const [rows = 1, columns = 1, channels = 1] = z.type.shape;
  const norm = (x: Value, name: string): Value<TensorType> =>
    layerNorm(graph, x, { weight: `${name}.weight`, bias: `${name}.bias`, eps }, name);
  const dense = (x: Value, name: string, outChannels: number, activation?: 'silu'): Value<TensorType> =>
    linear(graph, x, {
      weight: `${name}.weight`,
      bias: `${name}.bias`,
      outChannels,
      ...(activation ? { activation } : {}),
    });
  const tokens = local ? add(graph, depthwise(graph, z, local, channels), z, `${local}.residual`) : z;
  const qkv = dense(norm(tokens, `${at}.norm1`), `${at}.attn.qkv`, 3 * channels);
  const windows = { size: window, grid: [rows, columns] as const };
  const mixed = attention(graph, { qkv }, { heads, window: windows }, `${at}.attn`);
  const attended = add(graph, dense(mixed, `${at}.attn.proj`, channels), tokens, `${at}.attn.residual`);
  const hidden = dense(norm(attended, `${at}.norm2`), `${at}.mlp.fc1`, hiddenChannels, 'silu');
  const y = add(graph, dense(hidden, `${at}.mlp.fc2`, channels), attended, at);
  return out ? dense(norm(y, out.norm), out.linear, out.outChannels) : y;
}

function depthwise(graph: Graph, x: Value, name: string, channels: number): Value<TensorType> {
  return conv2d(graph, x, {
    weight: `${name}.weight`,
    bias: `${name}.bias`,
    outChannels: channels,
    kernel: [3, 3],
    padding: [1, 1],
    groups: channels,
  });
}
