/** What a `windowBlock` is asked for, whether one kernel does it or its parts do. */
export interface WindowBlockAttrs {
  /**
   * Prefix of the parameters, named as timm names a block's: `norm1`, `attn.qkv`, `attn.proj`, `norm2`, `mlp.fc1`, `mlp.fc2`, each
   * with `.weight` and `.bias`.
   */
  readonly block: string;
  /** Divides the channels into heads of a multiple of 4. */
  readonly heads: number;
  /** Channels inside the perceptron, a multiple of 4. */
  readonly hiddenChannels: number;
  /** [height, width] in tokens. */
  readonly window: readonly [number, number];
  /** Of the layer norms. */
  readonly eps: number;
  /** Prefix of a depthwise 3x3 convolution added to the tokens first: MobileViT's local representation. */
  readonly local?: string;
  /** Prefixes of a layer norm and a linear layer behind the block; the output then has its channels. */
  readonly out?: { readonly norm: string; readonly linear: string; readonly outChannels: number };
}
