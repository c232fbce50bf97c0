import type { GlDevice } from './device.js';
import { setSampling } from './texture.js';

/**
 * Linear R, G, B of other primaries as those of BT.709, columns one after the other: both white points are D65, so that the chromaticities
 * of ITU-R BT.601-7 §2.1 alone decide (SMPTE RP 177's derivation).
 */
const toBt709: Readonly<Record<string, readonly number[]>> = {
  smpte170m: [0.939542, 0.0177722, -0.0016216, 0.0501814, 0.9657929, -0.0043697, 0.0102766, 0.0164349, 1.0059913],
  bt470bg: [1.0440432, 0, 0, -0.0440432, 1, 0.0117934, 0, 0, 0.9882066],
};

/** Green of BT.601 in Y, U, V of limited range, 2 by 2 pixels in 4:2:0. */
const green = Uint8Array.of(145, 145, 145, 145, 54, 34);
/** What its red is after a conversion to BT.709 is 63 of 255, without one 0. */
const leastConvertedRed = 32;

const smpte170m = { primaries: 'smpte170m', transfer: 'smpte170m', matrix: 'smpte170m', fullRange: false } as const;

/** Whether the browser converts a frame's primaries when it uploads it. Chrome does not, though it shows videos converted. */
function uploadConverts({ gl }: GlDevice): boolean {
  const frame = new VideoFrame(green, {
    format: 'I420',
    codedWidth: 2,
    codedHeight: 2,
    timestamp: 0,
    colorSpace: smpte170m,
  });
  const texture = gl.createTexture();
  const framebuffer = gl.createFramebuffer();
  try {
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    setSampling(gl, gl.TEXTURE_2D, gl.NEAREST);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, frame);
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    const pixel = new Uint8Array(4);
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    return (pixel[0] ?? 0) >= leastConvertedRed;
  } finally {
    frame.close();
    gl.deleteFramebuffer(framebuffer);
    gl.deleteTexture(texture);
  }
}

const known = new WeakMap<GlDevice, boolean>();

/** Asks once a device: the answer is read back. */
export function learnPrimaries(device: GlDevice): void {
  if (!known.has(device)) known.set(device, uploadConverts(device));
}

/** What is left to do to an uploaded frame's linear colours; undefined: nothing. */
export function primariesOf(device: GlDevice, { primaries }: VideoColorSpace): readonly number[] | undefined {
  return known.get(device) === false ? toBt709[primaries ?? ''] : undefined;
}
