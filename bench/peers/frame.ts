import type { Size } from '../../plugin/core/geometry.js';
import type { GpuDevice } from '../../plugin/gpu/device.js';
import type { Frame } from './contender.js';
import type { Picture } from './metrics.js';

/** The picture with its right and bottom edge pixels repeated up to a multiple of `alignment`. */
export function padded(picture: Picture, alignment: number): Picture {
  const up = (length: number): number => Math.ceil(length / alignment) * alignment;
  return mapped(picture, { width: up(picture.width), height: up(picture.height) }, (at, length) =>
    Math.min(at, length - 1),
  );
}

/** The picture mirrored at its edges until it fills another size, or cut to it. */
export function tiled(picture: Picture, size: Size): Picture {
  return mapped(picture, size, (at, length) => {
    const phase = at % (2 * length);
    return phase < length ? phase : 2 * length - 1 - phase;
  });
}

/** The top left corner of a picture. */
export function cropped(picture: Picture, size: Size): Picture {
  return mapped(picture, size, (at) => at);
}

function mapped(picture: Picture, size: Size, from: (at: number, length: number) => number): Picture {
  if (picture.width === size.width && picture.height === size.height) return picture;
  const source = new Uint32Array(picture.data.slice().buffer);
  const out = new Uint32Array(size.width * size.height);
  for (let y = 0; y < size.height; y++) {
    const row = from(y, picture.height) * picture.width;
    for (let x = 0; x < size.width; x++) out[y * size.width + x] = source[row + from(x, picture.width)] ?? 0;
  }
  return { ...size, data: new Uint8Array(out.buffer) };
}

/** Uploads a picture. The caller destroys the texture and closes the bitmap. */
export async function makeFrame({ device }: GpuDevice, pixels: Picture): Promise<Frame> {
  const { width, height } = pixels;
  const texture = device.createTexture({
    label: 'bench/frame',
    size: [width, height],
    format: 'rgba8unorm',
    usage: GPUTextureUsage.COPY_SRC | GPUTextureUsage.COPY_DST | GPUTextureUsage.TEXTURE_BINDING,
  });
  const bytes = new Uint8ClampedArray(pixels.data);
  device.queue.writeTexture({ texture }, bytes, { bytesPerRow: width * 4 }, [width, height]);
  const bitmap = await createImageBitmap(new ImageData(bytes, width, height), {
    premultiplyAlpha: 'none',
    colorSpaceConversion: 'none',
  });
  return { width, height, pixels, texture, bitmap };
}

export function releaseFrame({ texture, bitmap }: Frame): void {
  texture.destroy();
  bitmap.close();
}
