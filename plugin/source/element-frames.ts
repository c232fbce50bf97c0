/** Formats of a frame that is no longer as it was decoded (WebCodecs §9.4). */
const rgbFormats: readonly (VideoPixelFormat | null)[] = ['RGBA', 'RGBX', 'BGRA', 'BGRX'];

/**
 * Reads the frame that a `<video>` shows. Most browsers give it as it was decoded, with all that belongs to it. Firefox 153 gives RGB that
 * has lost its rotation, the shape of its pixels and its time (whole seconds, as microseconds): there the element is drawn, which has all of that right.
 */
export class ElementFrames {
  readonly #video: HTMLVideoElement;
  #canvas: OffscreenCanvas | undefined;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
  }

  /**
   * @param timestampUs of the frame, where the browser does not tell it
   * @throws DOMException what `new VideoFrame` throws: `SecurityError` for media of another origin
   */
  read(timestampUs: number): VideoFrame {
    if (this.#canvas) return this.#drawn(this.#canvas, timestampUs);
    const frame = new VideoFrame(this.#video);
    if ('rotation' in frame || !rgbFormats.includes(frame.format)) return frame;
    frame.close();
    this.#canvas = new OffscreenCanvas(1, 1);
    return this.#drawn(this.#canvas, timestampUs);
  }

  #drawn(canvas: OffscreenCanvas, timestamp: number): VideoFrame {
    const { videoWidth: width, videoHeight: height } = this.#video;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    canvas.getContext('2d', { alpha: false })?.drawImage(this.#video, 0, 0, width, height);
    try {
      return new VideoFrame(canvas, { timestamp });
    } catch (thrown) {
      // Once media of another origin was drawn on it, a canvas is of no use for any other.
      this.#canvas = undefined;
      throw thrown;
    }
  }
}
