import type { SoundChunk } from './sound-chunks.js';

/** How far ahead of what is heard nodes are made, seconds. */
const scheduledSeconds = 0.5;
/** From the order to the first sample, seconds: the audio thread is that far ahead. */
const startSeconds = 0.02;
/** Times of neighbours that differ by less are rounding in the container: the pieces are joined. */
const joinedSeconds = 0.02;

interface Scheduled {
  readonly node: AudioBufferSourceNode;
  /** When it has been heard, seconds of the context. */
  readonly endSeconds: number;
}

/** Plays chunks on a context: each piece is a node that starts at its time. A run is from one `start` to the next `stop`. */
export class SoundOutput {
  readonly #context: BaseAudioContext;
  readonly #gain: GainNode;
  #scheduled: Scheduled[] = [];
  #rate = 1;
  /** The film's time that is heard at the context's time, seconds. */
  #filmSeconds = 0;
  #contextSeconds = 0;
  /** Where the last piece ended in the film, seconds. */
  #joinSeconds = Number.NEGATIVE_INFINITY;

  constructor(destination: AudioNode, volume: number) {
    this.#context = destination.context;
    this.#gain = this.#context.createGain();
    this.#gain.gain.value = volume;
    this.#gain.connect(destination);
  }

  set volume(volume: number) {
    // At once, but without a click.
    this.#gain.gain.setTargetAtTime(volume, this.#context.currentTime, 0.005);
  }

  /** How long after `start` its first sample is heard, seconds. */
  get startSeconds(): number {
    return startSeconds;
  }

  /** Chunks from here on are heard: the film's time at `startSeconds` from now. */
  start(filmSeconds: number, rate: number): void {
    this.stop();
    this.#rate = rate;
    this.#filmSeconds = filmSeconds;
    this.#contextSeconds = this.#context.currentTime + startSeconds;
  }

  /** The film's time at the context's, seconds. */
  filmSecondsAt(contextSeconds: number): number {
    return this.#filmSeconds + (contextSeconds - this.#contextSeconds) * this.#rate;
  }

  /** Up to which time of the film chunks are wanted now, seconds. */
  get wantedUntilSeconds(): number {
    return this.filmSecondsAt(this.#context.currentTime + scheduledSeconds);
  }

  /** In order. What comes too late is cut off or left out. */
  add(chunk: SoundChunk, onEnded: () => void): void {
    const joined = Math.abs(chunk.startSeconds - this.#joinSeconds) < joinedSeconds;
    const filmStart = joined ? this.#joinSeconds : chunk.startSeconds;
    const length = chunk.endSeconds - chunk.startSeconds;
    this.#joinSeconds = filmStart + length;
    const due = this.#contextSeconds + (filmStart - this.#filmSeconds) / this.#rate;
    const late = Math.max(0, this.#context.currentTime - due);
    const skipped = late * this.#rate;
    if (skipped >= length) return;
    const node = new AudioBufferSourceNode(this.#context, { buffer: chunk.buffer, playbackRate: this.#rate });
    node.connect(this.#gain);
    const { sampleRate } = this.#context;
    // On a sample: between two of them the node would interpolate, each piece otherwise.
    node.start(Math.round((due + late) * sampleRate) / sampleRate, chunk.skipSeconds + skipped, length - skipped);
    const scheduled = { node, endSeconds: due + length / this.#rate };
    this.#scheduled.push(scheduled);
    node.onended = () => {
      node.disconnect();
      this.#scheduled = this.#scheduled.filter((other) => other !== scheduled);
      onEnded();
    };
  }

  stop(): void {
    for (const { node } of this.#scheduled) {
      node.onended = null;
      node.stop();
      node.disconnect();
    }
    this.#scheduled = [];
    this.#joinSeconds = Number.NEGATIVE_INFINITY;
  }

  dispose(): void {
    this.stop();
    this.#gain.disconnect();
  }
}
