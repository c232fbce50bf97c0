import { type ChildProcess, spawn } from 'node:child_process';
import type { Pixels } from './pixels.js';

import {
  stampBits,
  stampBlock,
  stampBlocks,
  stampedRate,
  stampedSize,
  stampLeft,
  stampRowHeight,
  stampTop,
} from './stamp-layout.js';

// A live source whose every frame tells when it was drawn.

export { stampedRate, stampedSize };

/** When the stamps begin to count. */
export const epochMs = Date.now();

/** Milliseconds since the tests' own epoch. */
export const stampNow = (): number => Date.now() - epochMs;

/** One frame, planar YUV 4:2:0. */
function drawFrame(stampMs: number, index: number): Buffer {
  const { width, height } = stampedSize;
  const luma = Buffer.alloc(width * height);
  // Something moves everywhere, so that no frame equals the one before.
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) luma[y * width + x] = 60 + ((x + y + 3 * index) % 80);
  for (const { x, y, white } of stampBlocks(stampMs))
    for (let row = y; row < y + stampRowHeight; row++)
      luma.fill(white ? 235 : 16, row * width + x, row * width + x + stampBlock);
  return Buffer.concat([luma, Buffer.alloc((width * height) / 2, 128)]);
}

/** Reads the stamp in one half of a picture of the whole frame, whatever its size. Undefined: there is none to read. */
export function readStamp(picture: Pixels, half: keyof typeof stampTop): number | undefined {
  const { width, height, data } = picture;
  const level = (x: number, y: number): number => {
    const column = Math.floor((x / stampedSize.width) * width);
    const row = Math.floor((y / stampedSize.height) * height);
    return data[(row * width + column) * 4] ?? 0;
  };
  let stamp = 0;
  for (let bit = 0; bit < stampBits; bit++) {
    const x = stampLeft + (bit + 0.5) * stampBlock;
    const value = level(x, stampTop[half] + stampRowHeight / 2);
    const complement = level(x, stampTop[half] + (3 * stampRowHeight) / 2);
    if (Math.abs(value - complement) < 100) return undefined;
    if (value > complement) stamp |= 1 << bit;
  }
  return stamp;
}

/** Where the stamped stream goes. */
export type StampedTarget = { readonly rtmpUrl: string } | { readonly rtpPort: number };

/** Sends stamped frames and a tone in real time until it is stopped. */
export class StampedSource {
  readonly #process: ChildProcess;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #startMs = Date.now();
  #count = 0;
  #words = '';

  constructor(target: StampedTarget) {
    const { width, height } = stampedSize;
    const raw = ['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-video_size', `${width}x${height}`];
    const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', String(stampedRate)];
    const to =
      'rtmpUrl' in target
        ? ['-map', '0:v', '-map', '1:a', '-c:a', 'aac', '-f', 'flv', target.rtmpUrl]
        : ['-map', '0:v', '-bsf:v', 'dump_extra', '-f', 'rtp', `rtp://127.0.0.1:${target.rtpPort}?pkt_size=1200`];
    this.#process = spawn(
      'ffmpeg',
      [
        ...['-v', 'error', '-probesize', '32', '-analyzeduration', '0'],
        ...[...raw, '-framerate', String(stampedRate), '-i', 'pipe:0'],
        ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100', ...video, '-crf', '20', ...to],
      ],
      { stdio: ['pipe', 'ignore', 'pipe'] },
    );
    this.#process.stdin?.on('error', () => {}); // It has ended; `words` says why.
    this.#process.stderr?.on('data', (bytes) => {
      this.#words += bytes;
    });
    this.#timer = setInterval(() => this.#send(), 10);
  }

  /** What ffmpeg complained of. */
  get words(): string {
    return this.#words;
  }

  #send(): void {
    const due = Math.floor(((Date.now() - this.#startMs) * stampedRate) / 1000);
    for (; this.#count <= due; this.#count++) this.#process.stdin?.write(drawFrame(stampNow(), this.#count));
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const closed = new Promise((resolve) => this.#process.once('close', resolve));
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await closed;
  }
}
