import type { ChildProcess } from 'node:child_process';
import { type FfmpegInput, type FfmpegOutputs, lastWords, type SourceCodecs, startFfmpeg } from './ffmpeg.js';
import { type Fragment, FragmentReader, type InitSegment } from './hls/fragments.js';

/** One that nothing comes to any more gets so long to give what it still holds: more than it needs, less than others wait. */
const endingMs = 1500;

export interface PackagerEvents {
  /** In their order, and nothing before the packager that this one replaces has given its last. */
  readonly onPiece: (piece: InitSegment | Fragment) => void;
  /** After its last piece; `words` are ffmpeg's. */
  readonly onEnd: (words: string) => void;
}

/** A run of ffmpeg over one stretch of a source in which nothing changes: bytes in, pieces of fragmented MP4 out. */
export class Packager {
  readonly codecs: SourceCodecs;
  /** There is room again. */
  onRoom: (() => void) | undefined;
  /** Resolves after its last piece. */
  readonly ended: Promise<void>;
  readonly #process: ChildProcess;
  readonly #events: PackagerEvents;
  #waiting: (InitSegment | Fragment)[] | undefined;
  #gave = false;
  #ending: ReturnType<typeof setTimeout> | undefined;

  /** @param former this one's pieces wait until it has given all of its own */
  constructor(
    input: FfmpegInput,
    codecs: SourceCodecs,
    outputs: FfmpegOutputs,
    former: Packager | undefined,
    events: PackagerEvents,
  ) {
    this.codecs = codecs;
    this.#events = events;
    const process = startFfmpeg(input, codecs, outputs);
    this.#process = process;
    const words = lastWords(process);
    const reader = new FragmentReader();
    if (former) {
      this.#waiting = [];
      former.end();
      void former.ended.then(() => this.#release());
    }
    process.stdout?.on('data', (bytes: Buffer) => {
      try {
        for (const piece of reader.push(bytes)) this.#take(piece);
      } catch {
        // No MP4 that we can read: seen as the end of the run.
        process.kill('SIGKILL');
      }
    });
    // One that stops is seen by its end; writing to what has ended is no news.
    process.stdin?.on('error', () => {});
    process.stdin?.on('drain', () => this.onRoom?.());
    const closed = new Promise<string | undefined>((resolve) => {
      process.once('error', (error) => resolve(String(error)));
      process.once('close', () => resolve(undefined));
    });
    this.ended = Promise.all([closed, former?.ended]).then(async ([problem]) => {
      clearTimeout(this.#ending);
      this.#release();
      this.onRoom?.();
      events.onEnd(problem ?? (await words));
    });
  }

  /** Something has come out of it. */
  get gave(): boolean {
    return this.#gave;
  }

  #take(piece: InitSegment | Fragment): void {
    this.#gave ||= piece.kind === 'fragment';
    if (this.#waiting) this.#waiting.push(piece);
    else this.#events.onPiece(piece);
  }

  #release(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const piece of waiting) this.#events.onPiece(piece);
  }

  /** False: wait for `onRoom`. */
  write(bytes: Buffer): boolean {
    const input = this.#process.stdin;
    return input?.writable ? input.write(bytes) : true;
  }

  /** Bytes that ffmpeg has not taken yet. */
  get waitingBytes(): number {
    return this.#process.stdin?.writableLength ?? 0;
  }

  /** Nothing more comes. Idempotent. */
  end(): void {
    this.#process.stdin?.end();
    this.#ending ??= setTimeout(() => this.kill(), endingMs);
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}
