import type { ClipConfig } from '../../models/clip/config.js';
import type { WeightSource } from '../../plugin/engine/weights/source.js';
import type { Contender, Task } from './contender.js';

/** A tensor of TF.js. */
interface Tensor {
  readonly shape: number[];
  data(): Promise<Float32Array>;
  dispose(): void;
}

/** What is used of @tensorflow/tfjs-core 4.22, by its declarations. */
interface Tf {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tensor(values: Float32Array, shape: number[]): Tensor;
  reshape(x: Tensor, shape: number[]): Tensor;
  transpose(x: Tensor, order: number[]): Tensor;
  tidy<T>(work: () => T): T;
  conv2d(x: Tensor, filter: Tensor, strides: number, pad: 'valid'): Tensor;
  concat(parts: Tensor[], axis: number): Tensor;
  tile(x: Tensor, counts: number[]): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  sub(a: Tensor, b: Tensor): Tensor;
  mul(a: Tensor, b: Tensor | number): Tensor;
  rsqrt(x: Tensor): Tensor;
  sigmoid(x: Tensor): Tensor;
  softmax(x: Tensor): Tensor;
  moments(x: Tensor, axis: number, keepDims: boolean): { mean: Tensor; variance: Tensor };
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  slice(x: Tensor, begin: number[], size: number[]): Tensor;
  scalar(value: number): Tensor;
  readonly fused: { matMul(options: { a: Tensor; b: Tensor; bias?: Tensor }): Tensor };
}

/** The tower's layers in TF.js's ops, as a converted model has them; weights go to the GPU once. */
class TfTower {
  readonly #tf: Tf;
  readonly #weights: WeightSource;
  readonly #config: ClipConfig['vision'];
  readonly #tensors = new Map<string, Tensor>();

  constructor(tf: Tf, weights: WeightSource, config: ClipConfig['vision']) {
    this.#tf = tf;
    this.#weights = weights;
    this.#config = config;
  }

  /** A parameter, made once by `make`. */
  #parameter(name: string, make: () => Tensor): Tensor {
    const known = this.#tensors.get(name) ?? make();
    this.#tensors.set(name, known);
    return known;
  }

  #vector(name: string, channels: number): Tensor {
    return this.#parameter(name, () => this.#tf.tensor(this.#weights.get(name, [channels]), [channels]));
  }

  #matrix(name: string, outChannels: number, inChannels: number): Tensor {
    return this.#parameter(name, () => {
      const values = this.#weights.get(name, [outChannels, inChannels]);
      const transposed = new Float32Array(values.length);
      for (let o = 0; o < outChannels; o++)
        for (let i = 0; i < inChannels; i++) transposed[i * outChannels + o] = values[o * inChannels + i] ?? 0;
      return this.#tf.tensor(transposed, [inChannels, outChannels]);
    });
  }

  #filter(name: string): Tensor {
    const { width, patchSize: side } = this.#config;
    return this.#parameter(name, () => {
      const values = this.#weights.get(name, [width, 3, side, side]);
      const out = new Float32Array(values.length);
      for (let o = 0; o < width; o++)
        for (let c = 0; c < 3; c++)
          for (let k = 0; k < side * side; k++)
            out[(k * 3 + c) * width + o] = values[(o * 3 + c) * side * side + k] ?? 0;
      return this.#tf.tensor(out, [side, side, 3, width]);
    });
  }

  #linear(x: Tensor, name: string, outChannels: number): Tensor {
    const inChannels = x.shape.at(-1) ?? 0;
    const rows = x.shape.slice(0, -1).reduce((product, n) => product * n, 1);
    const b = this.#matrix(`${name}.weight`, outChannels, inChannels);
    const bias = this.#vector(`${name}.bias`, outChannels);
    const y = this.#tf.fused.matMul({ a: this.#tf.reshape(x, [rows, inChannels]), b, bias });
    return this.#tf.reshape(y, [...x.shape.slice(0, -1), outChannels]);
  }

  #norm(x: Tensor, name: string): Tensor {
    const tf = this.#tf;
    const channels = x.shape.at(-1) ?? 0;
    const { mean, variance } = tf.moments(x, -1, true);
    const epsilon = this.#parameter('epsilon', () => tf.scalar(this.#config.layerNormEpsilon));
    const normed = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon)));
    return tf.add(tf.mul(normed, this.#vector(`${name}.weight`, channels)), this.#vector(`${name}.bias`, channels));
  }

  #attention(x: Tensor, name: string): Tensor {
    const tf = this.#tf;
    const { heads, headChannels } = this.#config;
    const [batch = 1, tokens = 1] = x.shape;
    const channels = heads * headChannels;
    const split = (part: string): Tensor => {
      const y = this.#linear(x, `${name}.${part}`, channels);
      return tf.transpose(tf.reshape(y, [batch, tokens, heads, headChannels]), [0, 2, 1, 3]);
    };
    const scores = tf.mul(tf.matMul(split('q_proj'), split('k_proj'), false, true), headChannels ** -0.5);
    const mixed = tf.transpose(tf.matMul(tf.softmax(scores), split('v_proj')), [0, 2, 1, 3]);
    return this.#linear(tf.reshape(mixed, [batch, tokens, channels]), `${name}.out_proj`, this.#config.width);
  }

  #mlp(x: Tensor, name: string): Tensor {
    const tf = this.#tf;
    const { width } = this.#config;
    const inner = this.#linear(x, `${name}.fc1`, 4 * width);
    return this.#linear(tf.mul(inner, tf.sigmoid(tf.mul(inner, 1.702))), `${name}.fc2`, width);
  }

  run(pixels: Tensor, projection: number): Tensor {
    const tf = this.#tf;
    const { width, patchSize, layers } = this.#config;
    const prefix = 'vision_model';
    const [batch = 1] = pixels.shape;
    const map = tf.conv2d(pixels, this.#filter(`${prefix}.embeddings.patch_embedding.weight`), patchSize, 'valid');
    const patches = (map.shape[1] ?? 0) * (map.shape[2] ?? 0);
    const own = tf.reshape(this.#vector(`${prefix}.embeddings.class_embedding`, width), [1, 1, width]);
    const tokens = tf.concat([tf.tile(own, [batch, 1, 1]), tf.reshape(map, [batch, patches, width])], 1);
    const table = `${prefix}.embeddings.position_embedding.weight`;
    const positions = this.#parameter(table, () =>
      tf.tensor(this.#weights.get(table, [patches + 1, width]), [patches + 1, width]),
    );
    let x = this.#norm(tf.add(tokens, positions), `${prefix}.pre_layrnorm`);
    for (let i = 0; i < layers; i++) {
      const layer = `${prefix}.encoder.layers.${i}`;
      x = tf.add(x, this.#attention(this.#norm(x, `${layer}.layer_norm1`), `${layer}.self_attn`));
      x = tf.add(x, this.#mlp(this.#norm(x, `${layer}.layer_norm2`), `${layer}.mlp`));
    }
    const first = tf.reshape(tf.slice(x, [0, 0, 0], [batch, 1, width]), [batch, width]);
    const b = this.#matrix('visual_projection.weight', projection, width);
    return tf.matMul(this.#norm(first, `${prefix}.post_layernorm`), b);
  }
}

/** The same tower in TF.js on its WebGPU backend; its scripts are in the page. The pixels are on the GPU before it is timed. */
export async function tfContender(weights: WeightSource, config: ClipConfig, task: Task): Promise<Contender> {
  const tf: Tf | undefined = Reflect.get(globalThis, 'tf');
  if (!tf) throw new Error('@tensorflow/tfjs-core is not loaded');
  if (!(await tf.setBackend('webgpu'))) throw new Error('TF.js has no WebGPU backend here');
  await tf.ready();
  const tower = new TfTower(tf, weights, config.vision);
  const pixels = tf.tensor(task.pixels, [task.regions, task.side, task.side, 3]);
  // Parameters are made in the first run, which must not tidy them away.
  const warm = tower.run(pixels, config.projection);
  await warm.data();
  return {
    name: 'TF.js-webgpu f32',
    async run() {
      const out = tf.tidy(() => tower.run(pixels, config.projection));
      const values = await out.data();
      out.dispose();
      return values;
    },
  };
}
