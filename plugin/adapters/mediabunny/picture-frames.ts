import { type InputVideoTrack, type VideoSample, VideoSampleSink } from 'mediabunny';
import type { Span } from './track-times.js';

/** Half a tick of the finest clock that containers use: two times closer than that are the same. */
export const sameSeconds = 5e-6;

/** A sample's frame; rotation, which decoders do not know of, comes from the container. */
function frameOf(sample: VideoSample, offsetSeconds: number): VideoFrame {
  const timing = {
    timestamp: Math.round((sample.timestamp - offsetSeconds) * 1e6),
    duration: Math.round(sample.duration * 1e6),
  };
  const { rotation, flip } = sample;
  if ((rotation !== 0 || flip) && !('rotation' in VideoFrame.prototype)) return turnedFrame(sample, timing);
  const decoded = sample.toVideoFrame();
  try {
    return new VideoFrame(decoded, { ...timing, rotation, flip } as VideoFrameInit); // Newer than TypeScript's VideoFrameInit.
  } finally {
    decoded.close();
  }
}

/** For browsers whose frames do not take a rotation (Firefox 153). */
function turnedFrame(sample: VideoSample, timing: { timestamp: number; duration: number }): VideoFrame {
  const canvas = new OffscreenCanvas(sample.displayWidth, sample.displayHeight);
  const context = canvas.getContext('2d', { alpha: false });
  if (context) sample.draw(context, 0, 0);
  return new VideoFrame(canvas, timing);
}

/** Pictures with fewer lines are of standard definition, where a file does not say what its colours mean. */
const highDefinitionLines = 720;

/**
 * Decodes with the colours that the browser's `<video>` takes where a file says nothing of them: BT.601 in standard definition, BT.709 above. A bare
 * `VideoDecoder` takes BT.709 for all. What the stream itself says counts more.
 */
function withGuessedColours(track: InputVideoTrack): InputVideoTrack {
  const told = track.getDecoderConfig.bind(track);
  track.getDecoderConfig = async () => {
    const config = await told();
    const { primaries, transfer, matrix: saidMatrix, fullRange } = config?.colorSpace ?? {};
    if (!config || primaries || transfer || saidMatrix) return config;
    const matrix = (config.codedHeight ?? 0) < highDefinitionLines ? 'smpte170m' : 'bt709';
    return { ...config, colorSpace: { primaries: matrix, transfer: matrix, matrix, fullRange: fullRange ?? false } };
  };
  return track;
}

/** Decodes a track; timestamps are microseconds of the film. */
export class PictureFrames {
  readonly #sink: VideoSampleSink;
  readonly #spans: readonly Span[];

  constructor(track: InputVideoTrack, spans: readonly Span[]) {
    this.#sink = new VideoSampleSink(withGuessedColours(track));
    this.#spans = spans;
  }

  /** From the frame shown at a time on. What lies before or behind a span is decoded where it must be, and not shown. */
  async *from(fromSeconds: number): AsyncGenerator<VideoFrame, void, unknown> {
    for (const { startSeconds, endSeconds, offsetSeconds } of this.#spans) {
      if (endSeconds <= fromSeconds && endSeconds !== this.#spans.at(-1)?.endSeconds) continue;
      // A time behind the last frame is that of the last frame.
      const start = Math.max(startSeconds, Math.min(fromSeconds, endSeconds - sameSeconds)) + offsetSeconds;
      for await (const sample of this.#sink.samples(start, endSeconds + offsetSeconds - sameSeconds)) {
        try {
          if (sample.timestamp - offsetSeconds >= startSeconds - sameSeconds) yield frameOf(sample, offsetSeconds);
        } finally {
          sample.close();
        }
      }
    }
  }
}
