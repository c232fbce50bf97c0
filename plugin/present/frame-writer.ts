/** What TypeScript's DOM types lack (mediacapture-transform as Chromium has it, outside workers too). */
interface TrackGenerator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}

declare const MediaStreamTrackGenerator: (new (init: { kind: 'video' }) => TrackGenerator) | undefined;

/** A video track that is fed frame by frame. */
export interface FrameWriter {
  readonly stream: MediaStream;
  /** Its track was stopped. */
  readonly ended: boolean;
  /** Takes the frame and closes it. One that nobody is ready for is dropped. */
  write(frame: VideoFrame): void;
  close(): void;
}

/** The best way that this browser has. */
export function openFrameWriter(): FrameWriter {
  if (typeof MediaStreamTrackGenerator === 'undefined') return new CanvasWriter();
  return new GeneratorWriter(new MediaStreamTrackGenerator({ kind: 'video' }));
}

/** Frames go out as they are. */
class GeneratorWriter implements FrameWriter {
  readonly stream: MediaStream;
  readonly #track: TrackGenerator;
  readonly #writer: WritableStreamDefaultWriter<VideoFrame>;

  constructor(track: TrackGenerator) {
    this.#track = track;
    this.stream = new MediaStream([track]);
    this.#writer = track.writable.getWriter();
    this.#writer.closed.catch(() => {}); // A stopped track errors its stream; `ended` tells.
  }

  get ended(): boolean {
    return this.#track.readyState === 'ended';
  }

  write(frame: VideoFrame): void {
    if (this.ended || (this.#writer.desiredSize ?? 0) <= 0) frame.close();
    else this.#writer.write(frame).catch(() => frame.close());
  }

  close(): void {
    this.#track.stop();
  }
}

/** Frames are drawn on a canvas that the browser captures: in its own colours, and not in hidden pages. */
class CanvasWriter implements FrameWriter {
  readonly stream: MediaStream;
  readonly #canvas = document.createElement('canvas');
  readonly #context = this.#canvas.getContext('2d');
  readonly #track: CanvasCaptureMediaStreamTrack | undefined;

  constructor() {
    this.stream = this.#canvas.captureStream(0);
    this.#track = this.stream.getVideoTracks()[0] as CanvasCaptureMediaStreamTrack | undefined; // As captureStream says.
  }

  get ended(): boolean {
    return this.#track?.readyState !== 'live';
  }

  write(frame: VideoFrame): void {
    const { displayWidth, displayHeight } = frame;
    if (this.#canvas.width !== displayWidth) this.#canvas.width = displayWidth;
    if (this.#canvas.height !== displayHeight) this.#canvas.height = displayHeight;
    this.#context?.drawImage(frame, 0, 0, displayWidth, displayHeight);
    frame.close();
    this.#track?.requestFrame();
  }

  close(): void {
    this.#track?.stop();
  }
}
