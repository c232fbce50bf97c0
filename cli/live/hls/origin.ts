import type { ServerResponse } from 'node:http';
import type { Fragment, InitSegment } from './fragments.js';
import { type Part, playable, playlist, type Segment } from './playlist.js';

/** Segments begin at key frames, at least so far apart. */
const shortestSegmentSeconds = 1;
const keptSegments = 8;
/** A request for what is still to come is held so long; then it gets what there is. */
const holdMs = 4000;

/**
 * Serves one stream by HLS with parts (RFC 8216bis, "low latency"): players that know parts stay a second behind, others play whole segments.
 */
export class HlsOrigin {
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
  #interrupted = true;

  /** Undefined before there is one. */
  get #current(): Segment | undefined {
    const last = this.#segments.at(-1);
    return last && !last.complete ? last : undefined;
  }

  take(piece: InitSegment | Fragment): void {
    if (piece.kind === 'init') {
      this.interrupt();
      this.#inits.set(++this.#lastInit, piece.bytes);
      return;
    }
    if (piece.durationSeconds === 0) {
      this.#prefix.push(piece.bytes);
      return;
    }
    if (piece.independent && (this.#current?.durationSeconds ?? shortestSegmentSeconds) >= shortestSegmentSeconds)
      this.#begin();
    const segment = this.#current;
    const prefix = this.#prefix.splice(0);
    // Nothing can be shown before the first key frame.
    if (!segment) return;
    const { durationSeconds, independent } = piece;
    segment.parts.push({ bytes: Buffer.concat([...prefix, piece.bytes]), durationSeconds, independent });
    segment.durationSeconds += durationSeconds;
    this.#wake();
  }

  #begin(): void {
    this.#complete();
    if (this.#interrupted && this.#segments.length > 0) this.#discontinuities++;
    this.#segments.push({
      sequence: this.#nextSequence++,
      parts: [],
      durationSeconds: 0,
      complete: false,
      discontinuity: this.#interrupted && this.#segments.length > 0,
      discontinuitySequence: this.#discontinuities,
      init: this.#lastInit,
      first: this.#interrupted,
      startMs: Date.now(),
    });
    this.#interrupted = false;
    while (this.#segments.length > keptSegments) this.#segments.shift();
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
    this.#wake();
  }

  #wake(): void {
    for (const look of this.#waiting) look();
  }

  /** Resolves when it is so, or after a while. */
  #until(ready: () => boolean): Promise<void> {
    if (ready()) return Promise.resolve();
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
    send(response, 'video/mp4', segment?.complete ? join(segment.parts) : undefined);
  }

  async #servePlaylist(query: URLSearchParams, response: ServerResponse): Promise<void> {
    const wanted = query.get('_HLS_msn');
    if (wanted === null) await this.#until(() => playable(this.#segments));
    else await this.#until(() => this.#has(Number(wanted), query.get('_HLS_part')));
    send(
      response,
      'application/vnd.apple.mpegurl',
      playable(this.#segments) ? Buffer.from(playlist(this.#segments)) : undefined,
    );
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
    await this.#until(() => this.#has(sequence, String(index)));
    const segment = this.#segments.find((one) => one.sequence === sequence);
    send(response, 'video/mp4', segment?.parts[index]?.bytes);
  }
}

const join = (parts: readonly Part[]): Buffer => Buffer.concat(parts.map(({ bytes }) => bytes));

function send(response: ServerResponse, type: string, body: Buffer | undefined): void {
  // A player that left while it waited gets nothing.
  if (response.destroyed) return;
  const headers = { 'Content-Type': body ? type : 'text/plain', 'Cache-Control': 'no-store' };
  response.writeHead(body ? 200 : 404, { ...headers, 'Content-Length': body?.length ?? 0 });
  response.end(body);
}
