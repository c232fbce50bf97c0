import type { ServerResponse } from 'node:http';
import type { Fragment, InitSegment } from './fragments.js';
import { playable, playlist, type Segment } from './playlist.js';
import { refuse, send, sendParts } from './response.js';

/** Segments begin at key frames, at least so far apart. */
const shortestSegmentSeconds = 1;
/** One without a key frame for so long, or of so many bytes, is cut anyway: whoever watches goes on, memory has a bound. */
const longestSegmentSeconds = 16;
const mostSegmentBytes = 12 * 1024 * 1024;
/** Until there is something to play the first one is cut sooner. */
const firstSegmentSeconds = 4;
/** Frames that all are key frames are parts of their own. */
const mostParts = 1000;
const keptSegments = 8;
/** In all that is kept; two segments are, whatever they have. */
const mostKeptBytes = 40 * 1024 * 1024;
const leastKeptSegments = 2;
/** Of sound alone, waiting for its picture. */
const mostPrefixBytes = 1024 * 1024;
/** A request for what is still to come is held so long; then it gets what there is. */
const holdMs = 4000;
/** Segments that nobody can know of yet are not waited for. */
const mostAhead = 2;
/** So many requests may wait at a time. */
const mostWaiting = 2000;

/**
 * Serves one stream by HLS with parts (RFC 8216bis, "low latency"): players that know parts stay a second behind, others play whole segments.
 */
export class HlsOrigin {
  readonly #onProblem: (words: string | undefined) => void;
  readonly #segments: Segment[] = [];
  /** By their number, as long as a segment needs them. */
  readonly #inits = new Map<number, Buffer>();
  #lastInit = -1;
  readonly #waiting = new Set<() => void>();
  /** Of the next segment. Counts on across restarts of the gateway, as segments are never shorter than a second. */
  #nextSequence = Math.floor(Date.now() / 1000);
  /** From 0: hls.js keeps an array over these. */
  #discontinuities = 0;
  /** Comes before the first part of the next segment: sound alone. */
  #prefix: Buffer[] = [];
  #prefixBytes = 0;
  #interrupted = true;
  /** Since the last key frame. */
  #sinceKey = { seconds: 0, bytes: 0 };
  #told = false;

  /** @param onProblem why some who watch may see nothing; undefined: it is over */
  constructor(onProblem: (words: string | undefined) => void = () => {}) {
    this.#onProblem = onProblem;
  }

  /** Undefined before there is one. */
  get #current(): Segment | undefined {
    const last = this.#segments.at(-1);
    return last && !last.complete ? last : undefined;
  }

  /** Of media, in all. */
  get sizeBytes(): number {
    return this.#segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  take(piece: InitSegment | Fragment): void {
    if (piece.kind === 'init') {
      this.interrupt();
      this.#inits.set(++this.#lastInit, piece.bytes);
      return;
    }
    if (piece.durationSeconds === 0) {
      this.#prefix.push(piece.bytes);
      this.#prefixBytes += piece.bytes.length;
      // Sound alone, for long: there is no picture that it could come before.
      while (this.#prefixBytes > mostPrefixBytes)
        this.#prefixBytes -= this.#prefix.shift()?.length ?? this.#prefixBytes;
      return;
    }
    const { durationSeconds, independent } = piece;
    this.#cut(independent);
    const segment = this.#current;
    const prefix = this.#prefix.splice(0);
    this.#prefixBytes = 0;
    // Nothing can be shown before the first key frame.
    if (!segment) return;
    const bytes = prefix.length === 0 ? piece.bytes : Buffer.concat([...prefix, piece.bytes]);
    segment.parts.push({ bytes, durationSeconds, independent });
    segment.durationSeconds += durationSeconds;
    segment.sizeBytes += bytes.length;
    if (independent) this.#sinceKey = { seconds: 0, bytes: 0 };
    this.#sinceKey.seconds += durationSeconds;
    this.#sinceKey.bytes += bytes.length;
    this.#trim();
    this.#wake();
  }

  /** Begins another segment where it is time to. */
  #cut(independent: boolean): void {
    const segment = this.#current;
    if (independent && (segment?.durationSeconds ?? shortestSegmentSeconds) >= shortestSegmentSeconds) {
      this.#begin(true);
      if (this.#told) this.#onProblem(undefined);
      this.#told = false;
      return;
    }
    if (!segment) return;
    const first = this.#segments.length === 1;
    const long = segment.durationSeconds >= (first ? firstSegmentSeconds : longestSegmentSeconds);
    if (!long && segment.sizeBytes < mostSegmentBytes && segment.parts.length < mostParts) return;
    this.#begin(independent);
    const { seconds, bytes } = this.#sinceKey;
    if (this.#told || first || (seconds < longestSegmentSeconds && bytes < mostSegmentBytes)) return;
    this.#told = true;
    const since = `${seconds.toFixed(0)} s (${(bytes / 1e6).toFixed(1)} MB)`;
    this.#onProblem(
      `no key frame for ${since}: who comes now sees nothing before the next one. Set the encoder to a key frame every 1 or 2 s`,
    );
  }

  #begin(independent: boolean): void {
    this.#complete();
    if (this.#interrupted && this.#segments.length > 0) this.#discontinuities++;
    this.#segments.push({
      sequence: this.#nextSequence++,
      parts: [],
      durationSeconds: 0,
      sizeBytes: 0,
      complete: false,
      independent,
      discontinuity: this.#interrupted && this.#segments.length > 0,
      discontinuitySequence: this.#discontinuities,
      init: this.#lastInit,
      first: this.#interrupted,
      startMs: Date.now(),
    });
    this.#interrupted = false;
  }

  /** Lets the oldest go: by number, and where they are large. */
  #trim(): void {
    let bytes = this.sizeBytes;
    const tooMuch = () =>
      this.#segments.length > keptSegments || (bytes > mostKeptBytes && this.#segments.length > leastKeptSegments);
    while (tooMuch()) bytes -= this.#segments.shift()?.sizeBytes ?? 0;
    const oldest = this.#segments[0]?.init ?? 0;
    for (const number of this.#inits.keys()) if (number < oldest) this.#inits.delete(number);
  }

  #complete(): void {
    const segment = this.#current;
    if (segment) segment.complete = true;
  }

  /** The source is gone, or begins anew: what comes next does not follow what was. */
  interrupt(): void {
    this.#complete();
    this.#interrupted = true;
    this.#prefix = [];
    this.#prefixBytes = 0;
    this.#wake();
  }

  #wake(): void {
    for (const look of this.#waiting) look();
  }

  /** Resolves when it is so, or after a while. */
  #until(ready: () => boolean): Promise<void> {
    if (ready() || this.#waiting.size >= mostWaiting) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        this.#waiting.delete(look);
        clearTimeout(timer);
        resolve();
      };
      const look = () => {
        if (ready()) finish();
      };
      const timer = setTimeout(finish, holdMs);
      this.#waiting.add(look);
    });
  }

  /** @param file the path below the stream's name */
  async serve(file: string, query: URLSearchParams, response: ServerResponse): Promise<void> {
    if (file === 'index.m3u8') return this.#servePlaylist(query, response);
    const init = /^init-(\d+)\.mp4$/.exec(file);
    if (init) return send(response, 'video/mp4', this.#inits.get(Number(init[1])));
    const part = /^(\d+)\.(\d+)\.m4s$/.exec(file);
    if (part) return this.#servePart(Number(part[1]), Number(part[2]), response);
    const whole = /^(\d+)\.m4s$/.exec(file);
    const segment = whole && this.#segments.find(({ sequence }) => sequence === Number(whole[1]));
    return sendParts(response, 'video/mp4', segment?.complete ? segment.parts.map(({ bytes }) => bytes) : undefined);
  }

  async #servePlaylist(query: URLSearchParams, response: ServerResponse): Promise<void> {
    const wanted = query.get('_HLS_msn');
    const index = query.get('_HLS_part');
    if (!this.#mayAsk(wanted, index)) return refuse(response);
    if (wanted === null) await this.#until(() => playable(this.#segments));
    else await this.#until(() => this.#has(Number(wanted), index));
    const list = playable(this.#segments) ? Buffer.from(playlist(this.#segments)) : undefined;
    send(response, 'application/vnd.apple.mpegurl', list);
  }

  /** §6.2.5.2: numbers, a part with its segment alone, and nothing that is far ahead. */
  #mayAsk(wanted: string | null, index: string | null): boolean {
    const number = /^\d+$/;
    if (wanted === null) return index === null;
    if (!number.test(wanted) || (index !== null && !number.test(index))) return false;
    const last = this.#segments.at(-1);
    return !last || Number(wanted) <= last.sequence + mostAhead;
  }

  /** Part `index` of segment `sequence`, or the whole segment, or what comes after it. */
  #has(sequence: number, index: string | null): boolean {
    const last = this.#segments.at(-1);
    if (!last || last.sequence < sequence) return false;
    if (last.sequence > sequence || last.complete) return true;
    return index !== null && last.parts.length > Number(index);
  }

  async #servePart(sequence: number, index: number, response: ServerResponse): Promise<void> {
    // Announced parts may be asked for before they are there (§4.4.5.3, preload hints).
    const last = this.#segments.at(-1);
    if (last && sequence <= last.sequence + mostAhead) await this.#until(() => this.#has(sequence, String(index)));
    const segment = this.#segments.find((one) => one.sequence === sequence);
    send(response, 'video/mp4', segment?.parts[index]?.bytes);
  }
}
