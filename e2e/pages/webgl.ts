import { openUpscaleModel } from '../../plugin/catalog.js';
import type { Size } from '../../plugin/core/geometry.js';
import { SafetensorsFile } from '../../plugin/engine/weights/safetensors.js';
import { Compose } from '../../plugin/webgl/compose.js';
import { GlDevice } from '../../plugin/webgl/device.js';
import { Highlights } from '../../plugin/webgl/highlights.js';
import { Network } from '../../plugin/webgl/network.js';
import { lowerNetwork, type Passes } from '../../plugin/webgl/passes.js';
import { GlTexture, type Storage } from '../../plugin/webgl/texture.js';
import { type HighlightScene, highlightsOf } from './highlight-scene.js';

/** How far a value of the network is from PyTorch's. */
export interface Divergence {
  readonly value: string;
  readonly worst: number;
  /** Largest absolute number of the value. */
  readonly largest: number;
}

declare global {
  interface Window {
    /** Runs tier S on the model's golden input and compares value by value; last the picture, 0 to 1. */
    compareWithGolden(storage: Storage): Promise<readonly Divergence[]>;
    /** Milliseconds a frame of tier S takes, each of `count` on its own. */
    timeNetwork(size: Size, storage: Storage, count: number): Promise<readonly number[]>;
    rendererName: string;
    setPicture(source: string | number): Promise<void>;
    drawScene(width: number, height: number, scene?: HighlightScene): Promise<void>;
  }
}

const canvas = document.querySelector('canvas');
if (!canvas) throw new Error('no canvas on the page');
const device = GlDevice.open(canvas);
const { gl } = device;
const { signal } = new AbortController();
window.rendererName = device.caps.description;

function upload(size: Size, data: Uint8Array): GlTexture {
  const texture = new GlTexture(device, size, 'rgba8');
  gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, size.width, size.height, gl.RGBA, gl.UNSIGNED_BYTE, data);
  return texture;
}

/** A texture's channels, row-major from the first row. */
function read(texture: GlTexture, channels: number): Float32Array {
  const { width, height } = texture.size;
  const out = new Float32Array(width * height * channels);
  for (let layer = 0; layer < (texture.layers ?? 1); layer++) {
    gl.bindFramebuffer(gl.FRAMEBUFFER, texture.target(layer));
    const isBytes = texture.layers === undefined;
    const pixels = isBytes ? new Uint8Array(width * height * 4) : new Float32Array(width * height * 4);
    gl.readPixels(0, 0, width, height, gl.RGBA, isBytes ? gl.UNSIGNED_BYTE : gl.FLOAT, pixels);
    for (let i = 0; i < width * height; i++)
      for (let c = 0; c < Math.min(4, channels - layer * 4); c++)
        out[i * channels + layer * 4 + c] = (pixels[i * 4 + c] ?? 0) / (isBytes ? 255 : 1);
  }
  return out;
}

/** PyTorch's pixel_unshuffle(2) of a one-channel picture: [2H, 2W] → [H, W, 4]. */
function unshuffle(values: Float32Array, { width, height }: Size): Float32Array {
  const out = new Float32Array(values.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 4; c++)
        out[(y * width + x) * 4 + c] = values[(2 * y + (c >> 1)) * 2 * width + 2 * x + (c & 1)] ?? 0;
  return out;
}

function divergence(value: string, found: Float32Array, expected: Float32Array): Divergence {
  if (found.length !== expected.length) throw new Error(`${value}: ${found.length} and ${expected.length} numbers`);
  let [worst, largest] = [0, 0];
  for (const [i, number] of expected.entries()) {
    worst = Math.max(worst, Math.abs((found[i] ?? Number.NaN) - number));
    largest = Math.max(largest, Math.abs(number));
  }
  return { value, worst, largest };
}

async function lowered(size: Size): Promise<Passes> {
  const model = await openUpscaleModel('S', { plain: true });
  return lowerNetwork(model.graph(size), { source: model.weights, maxBlockBytes: device.caps.maxUniformBlockBytes });
}

window.compareWithGolden = async (storage) => {
  const response = await fetch('/models/mobilevit-sr/S-plain/golden.safetensors');
  const golden = new SafetensorsFile(new Uint8Array(await response.arrayBuffer()));
  const [height = 0, width = 0] = golden.entry('input').shape;
  const size = { width, height };
  const rgb = golden.floats('input');
  const data = new Uint8Array(width * height * 4).map((_, i) =>
    i % 4 === 3 ? 255 : Math.round((rgb[(i >> 2) * 3 + (i % 4)] ?? 0) * 255),
  );
  const frame = upload(size, data);
  const passes = await lowered(size);
  const found: Divergence[] = [];
  for (const [i, { name, to }] of passes.convs.entries()) {
    // The network up to this value: its texture is not the next one's yet.
    const part = await Network.create(
      device,
      size,
      { convs: passes.convs.slice(0, i + 1), residual: to },
      storage,
      signal,
    );
    part.draw(frame, 1);
    const isLast = to === passes.residual;
    const expected = golden.floats(isLast ? 'residual' : name);
    found.push(divergence(name, read(part.residual, isLast ? 4 : 8), isLast ? unshuffle(expected, size) : expected));
    if (isLast) found.push(divergence('picture', read(part.picture, 3), golden.floats('output')));
    part.dispose();
  }
  frame.dispose();
  return found;
};

window.timeNetwork = async (size, storage, count) => {
  const network = await Network.create(device, size, await lowered(size), storage, signal);
  const frame = upload(size, noise(size));
  const times: number[] = [];
  for (let i = 0; i <= count; i++) {
    const startMs = performance.now();
    network.draw(frame, 1);
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    // The first has the driver's compilation in it.
    if (i > 0) times.push(performance.now() - startMs);
  }
  network.dispose();
  frame.dispose();
  return times;
};

function noise({ width, height }: Size): Uint8Array {
  let state = 1;
  return new Uint8Array(width * height * 4).map((): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

const known = new Set<string>();
const compose = await Compose.create(device, signal);
let ready: () => void = () => {};
const highlights = new Highlights(device, {
  onHighlights: () => ready(),
  onHighlightError: (thrown) => {
    throw thrown;
  },
});
let picture: GlTexture | undefined;

window.setPicture = async (grey) => {
  const side = 16;
  picture = upload(
    { width: side, height: side },
    new Uint8Array(side ** 2 * 4).map((_, i) => (i % 4 === 3 ? 255 : Number(grey))),
  );
};

window.drawScene = async (width, height, scene) => {
  Object.assign(canvas, { width, height });
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const drawn = scene && highlightsOf(scene);
  const layout = {
    rect: scene?.rect ?? { x: 0, y: 0, width, height },
    canvas: { width, height },
    pixelRatio: scene?.pixelRatio ?? 1,
    turn: scene?.turn,
    compare: scene?.compare ?? false,
    dividerWidth: 2,
  } as const;
  const draw = () => {
    if (!picture || !compose.enter(null, layout)) return;
    compose.draw(null, layout, picture, picture);
    if (drawn) highlights.draw(null, drawn, layout, picture);
    compose.leave();
  };
  const parts = drawn && drawn.marks.length > 0 ? [drawn.style, ...(drawn.labels ? ['label'] : [])] : [];
  let missing = parts.filter((part) => !known.has(part)).length;
  for (const part of parts) known.add(part);
  const compiled = new Promise<void>((resolve) => {
    ready = () => {
      missing--;
      if (missing === 0) resolve();
    };
  });
  if (missing > 0) {
    draw();
    await compiled;
  }
  draw();
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
};

document.documentElement.dataset.ready = 'true';
