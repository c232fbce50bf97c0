import { type FileSound, VitreousError } from '../../index.js';
import type { SoundChunk, SoundChunks } from './sound-chunks.js';
import { SoundOutput } from './sound-output.js';

/** Decoded ahead while nothing is heard, seconds. */
const preparedSeconds = 0.5;
/** What was heard is kept for that long, seconds: after a pause or another rate it is played from there. */
const keptSeconds = 0.25;
/** A context that has been asked for sound and gives none for that long is blocked, milliseconds. */
const patienceMs = 250;

/** Where sound goes: a node and context of the caller's, which are borrowed, or a context of our own, made when sound is first wanted. */
export interface SoundTarget {
  readonly destination: AudioNode | undefined;
  readonly context: AudioContext | undefined;
  readonly sampleRate: number;
}

/** Decodes a bounded piece ahead of what is heard, and plays it. */
export class Sound implements FileSound {
  readonly #source: SoundChunks;
  readonly #target: SoundTarget;
  #context: BaseAudioContext | undefined;
  #output: SoundOutput | undefined;
  #volume = 1;
  #chunks: AsyncGenerator<SoundChunk, void, unknown> | undefined;
  /** What is decoded and may still be heard, in order. */
  #kept: SoundChunk[] = [];
  /** From where on `#kept` is complete. */
  #fromSeconds = 0;
  #decodedAll = false;
  #pumping = false;
  #playing = false;
  #closed = false;
  #blocked = false;
  #error: VitreousError | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  /** The context's time when last looked at, and when it last moved: a context without a working device stands still. */
  #seenSeconds = -1;
  #movedMs = 0;
  onchange: (() => void) | undefined;

  constructor(source: SoundChunks, target: SoundTarget) {
    this.#source = source;
    this.#target = target;
  }

  get state(): FileSound['state'] {
    return this.#error ? 'failed' : this.#blocked ? 'blocked' : 'ready';
  }

  get error(): VitreousError | undefined {
    return this.#error;
  }

  get volume(): number {
    return this.#volume;
  }

  set volume(volume: number) {
    this.#volume = volume;
    if (this.#output) this.#output.volume = volume;
  }

  get delaySeconds(): number {
    return (this.#output?.startSeconds ?? 0) + this.#latencySeconds;
  }

  /** From the context's time to the ear, as far as the browser knows it. */
  get #latencySeconds(): number {
    const context = this.#context;
    return context && 'outputLatency' in context ? Number(context.outputLatency) || 0 : 0;
  }

  unlock(): void {
    if (this.#closed || this.#error) return;
    const context = this.#open();
    if (!context || context.state === 'running' || !('resume' in context)) return;
    // It stays pending where the browser waits for a click; `onstatechange` tells when it runs.
    void (context as AudioContext).resume().catch(() => {}); // Of the two kinds only an AudioContext can be suspended here.
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.#setBlocked(context.state !== 'running'), patienceMs);
  }

  #open(): BaseAudioContext | undefined {
    if (this.#context) return this.#context;
    const { destination, context, sampleRate } = this.#target;
    try {
      // With the file's own rate pieces need no resampling, which would be heard where they meet.
      this.#context = destination?.context ?? context ?? new AudioContext({ sampleRate });
      this.#output = new SoundOutput(destination ?? this.#context.destination, this.#volume);
    } catch (cause) {
      this.#fail(cause, 'no sound device', 'a context for sound');
      return undefined;
    }
    this.#context.addEventListener('statechange', this.#onState);
    return this.#context;
  }

  readonly #onState = (): void => {
    if (this.#context?.state === 'running') this.#setBlocked(false);
  };

  #setBlocked(blocked: boolean): void {
    if (this.#closed || this.#blocked === blocked) return;
    this.#blocked = blocked;
    this.onchange?.();
  }

  get #running(): boolean {
    if (this.#context?.state !== 'running') return false;
    const { currentTime } = this.#context;
    const nowMs = performance.now();
    if (currentTime !== this.#seenSeconds) this.#movedMs = nowMs;
    this.#seenSeconds = currentTime;
    return nowMs - this.#movedMs < patienceMs;
  }

  prepare(seconds: number): boolean {
    if (this.#closed || this.#error || this.#blocked) return false;
    const until = this.#decodedAll
      ? Number.POSITIVE_INFINITY
      : (this.#kept.at(-1)?.endSeconds ?? this.#fromSeconds + preparedSeconds);
    if (!this.#chunks || seconds < this.#fromSeconds || seconds >= until) this.#seek(seconds);
    return this.#running && (this.#decodedAll || this.#kept.some((chunk) => chunk.endSeconds > seconds));
  }

  #seek(seconds: number): void {
    void this.#chunks?.return().catch(() => {}); // What it says no longer matters.
    this.#chunks = this.#source.from(seconds);
    this.#kept = [];
    this.#fromSeconds = seconds;
    this.#decodedAll = false;
    void this.#pump();
  }

  /** Decodes until enough is ahead. Called whenever that may have changed; one at a time. */
  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#chunks && this.#wantsMore) {
      const chunks = this.#chunks;
      try {
        const next = await chunks.next();
        if (chunks !== this.#chunks || this.#closed) continue;
        if (next.done) this.#decodedAll = true;
        else this.#take(next.value);
      } catch (cause) {
        if (chunks === this.#chunks && !this.#closed) this.#fail(cause, String(cause), 'sound that decodes to its end');
      }
    }
    this.#pumping = false;
  }

  get #wantsMore(): boolean {
    if (this.#decodedAll || this.#closed || this.#error) return false;
    const until = this.#playing && this.#output ? this.#output.wantedUntilSeconds : this.#fromSeconds + preparedSeconds;
    return (this.#kept.at(-1)?.endSeconds ?? Number.NEGATIVE_INFINITY) < until;
  }

  #take(chunk: SoundChunk): void {
    this.#kept.push(chunk);
    if (this.#playing) this.#output?.add(chunk, this.#onPlayed);
  }

  readonly #onPlayed = (): void => {
    const heard = this.heardSeconds;
    if (heard !== undefined) {
      const { length } = this.#kept;
      let gone = 0;
      while (gone < length - 1 && (this.#kept[gone]?.endSeconds ?? heard) < heard - keptSeconds) gone++;
      this.#kept.splice(0, gone);
      if (gone > 0) this.#fromSeconds = this.#kept[0]?.startSeconds ?? heard;
    }
    void this.#pump();
  };

  play(seconds: number, rate: number): void {
    if (!this.#output) return;
    this.#output.start(seconds, rate);
    this.#playing = true;
    for (const chunk of this.#kept) if (chunk.endSeconds > seconds) this.#output.add(chunk, this.#onPlayed);
    void this.#pump();
  }

  stop(): void {
    this.#playing = false;
    this.#output?.stop();
  }

  get heardSeconds(): number | undefined {
    if (!this.#playing || !this.#output || !this.#context || !this.#running) return undefined;
    return this.#output.filmSecondsAt(this.#context.currentTime - this.#latencySeconds);
  }

  #fail(cause: unknown, found: string, expected: string): void {
    this.stop();
    this.#error = new VitreousError({
      code: 'source-format',
      stage: 'source',
      found,
      expected,
      fix: 'The picture plays on without sound.',
      cause,
    });
    this.onchange?.();
  }

  close(): void {
    if (this.#closed) return;
    this.stop();
    this.#closed = true;
    clearTimeout(this.#patience);
    void this.#chunks?.return().catch(() => {});
    this.#kept = [];
    this.#output?.dispose();
    this.#context?.removeEventListener('statechange', this.#onState);
    const { destination, context } = this.#target;
    if (!destination && !context && this.#context) void (this.#context as AudioContext).close(); // Our own is an AudioContext.
  }
}
