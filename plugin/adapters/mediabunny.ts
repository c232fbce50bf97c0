/**
 * `vitreous/mediabunny`: plays files without a `<video>`, demuxed by the optional peer `mediabunny` and decoded by WebCodecs.
 *
 * ```ts
 * import { enhance } from 'vitreous';
 * import { openFile } from 'vitreous/mediabunny';
 * const source = await openFile(file);
 * const enhanced = await enhance(source, { canvas });
 * source.play();
 * ```
 *
 * @module
 */
import {
  ALL_FORMATS,
  BlobSource,
  Input,
  type InputVideoTrack,
  UrlSource,
  type VideoSample,
  VideoSampleSink,
} from 'mediabunny';
import { FileSource, type FrameReader, VitreousError } from '../index.js';

/** What `openFile` takes beside the file. */
export interface OpenFileOptions {
  /** Ends opening with its reason. */
  readonly signal?: AbortSignal | undefined;
}

function unusable(found: string, expected: string, cause?: unknown): VitreousError {
  return new VitreousError({
    code: 'source-format',
    stage: 'source',
    found,
    expected,
    fix: 'Use a file with a video track in a codec that this browser decodes.',
    cause,
  });
}

/** A sample's frame; rotation, which decoders do not know of, comes from the container. */
function frameOf(sample: VideoSample, originSeconds: number): VideoFrame {
  const timing = {
    timestamp: Math.round((sample.timestamp - originSeconds) * 1e6),
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

class MediabunnyReader implements FrameReader {
  readonly durationSeconds: number;
  readonly #input: Input;
  readonly #sink: VideoSampleSink;
  readonly #originSeconds: number;

  constructor(input: Input, track: InputVideoTrack, originSeconds: number, endSeconds: number) {
    this.#input = input;
    this.#sink = new VideoSampleSink(track);
    this.#originSeconds = originSeconds;
    this.durationSeconds = endSeconds - originSeconds;
  }

  async *frames(fromSeconds: number): AsyncGenerator<VideoFrame, void, unknown> {
    for await (const sample of this.#sink.samples(fromSeconds + this.#originSeconds)) {
      try {
        yield frameOf(sample, this.#originSeconds);
      } finally {
        sample.close();
      }
    }
  }

  close(): void {
    this.#input.dispose();
  }
}

/**
 * Opens a file or URL for playing. Nothing is decoded before `enhance`.
 *
 * @throws VitreousError `source-format`: no such container, no video track, or a codec this browser does not decode; the signal's
 * reason.
 */
export async function openFile(file: Blob | string | URL, options: OpenFileOptions = {}): Promise<FileSource> {
  options.signal?.throwIfAborted();
  const source = file instanceof Blob ? new BlobSource(file) : new UrlSource(String(file));
  const input = new Input({ source, formats: ALL_FORMATS });
  try {
    const track = await readTrack(input);
    const [origin, end] = await Promise.all([track.getFirstTimestamp(), track.computeDuration()]);
    options.signal?.throwIfAborted();
    return new FileSource(new MediabunnyReader(input, track, origin, end));
  } catch (thrown) {
    input.dispose();
    throw thrown;
  }
}

async function readTrack(input: Input): Promise<InputVideoTrack> {
  let track: InputVideoTrack | null;
  try {
    track = await input.getPrimaryVideoTrack();
  } catch (cause) {
    throw unusable(
      `no readable container: ${String(cause)}`,
      'MP4, WebM, MOV, MPEG-TS or another known container',
      cause,
    );
  }
  if (!track) throw unusable('no video track', 'a video track');
  if (!(await track.canDecode())) {
    const codec = (await track.getCodecParameterString()) ?? (await track.getCodec()) ?? 'unknown';
    throw unusable(`codec ${codec}`, 'a codec that this browser decodes');
  }
  return track;
}
