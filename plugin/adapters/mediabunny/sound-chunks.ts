import { AudioBufferSink, type InputAudioTrack } from 'mediabunny';
import type { Span } from './track-times.js';

/** A piece of decoded sound and when it is heard. */
export interface SoundChunk {
  /** In the film, seconds. */
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly buffer: AudioBuffer;
  /** Where in the buffer the piece begins, seconds. */
  readonly skipSeconds: number;
}

/** Decodes a track; times are those of the film. */
export class SoundChunks {
  readonly #sink: AudioBufferSink;
  readonly #spans: readonly Span[];

  constructor(track: InputAudioTrack, spans: readonly Span[]) {
    this.#sink = new AudioBufferSink(track);
    this.#spans = spans;
  }

  /** In order, from a time on; what an edit list leaves out of a buffer is left out to the sample. */
  async *from(fromSeconds: number): AsyncGenerator<SoundChunk, void, unknown> {
    for (const { startSeconds, endSeconds, offsetSeconds } of this.#spans) {
      if (endSeconds <= fromSeconds) continue;
      const from = Math.max(startSeconds, fromSeconds);
      for await (const { buffer, timestamp } of this.#sink.buffers(from + offsetSeconds, endSeconds + offsetSeconds)) {
        const heard = timestamp - offsetSeconds;
        const start = Math.max(heard, from);
        const end = Math.min(heard + buffer.duration, endSeconds);
        if (end > start) yield { startSeconds: start, endSeconds: end, buffer, skipSeconds: start - heard };
      }
    }
  }
}
