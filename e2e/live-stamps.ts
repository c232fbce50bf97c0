import { type ChildProcess, spawn } from 'node:child_process';

import { stampBlock, stampBlocks, stampedRate, stampedSize, stampRowHeight } from './stamp-layout.js';

// A live source whose every frame tells when it was drawn.

export { readStamp, stampedRate, stampedSize } from './stamp-layout.js';

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

/** Where the stamped stream goes. */
export type StampedTarget = { readonly rtmpUrl: string } | { readonly rtpPort: number };

/** Sends stamped frames and a tone in real time until it is stopped. */
export class StampedSource {
  readonly #process: ChildProcess;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #startMs = Date.now();
  readonly #rate: number;
  #count = 0;
  #words = '';

  /** @param rate frames a second */
  constructor(target: StampedTarget, rate: number = stampedRate) {
    this.#rate = rate;
    const { width, height } = stampedSize;
    const raw = ['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-video_size', `${width}x${height}`];
    const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', String(Math.ceil(rate))];
    const to =
      'rtmpUrl' in target
        ? ['-map', '0:v', '-map', '1:a', '-c:a', 'aac', '-f', 'flv', target.rtmpUrl]
        : ['-map', '0:v', '-bsf:v', 'dump_extra', '-f', 'rtp', `rtp://127.0.0.1:${target.rtpPort}?pkt_size=1200`];
    this.#process = spawn(
      'ffmpeg',
      [
        ...['-v', 'error', '-probesize', '32', '-analyzeduration', '0'],
        ...[...raw, '-framerate', String(rate), '-i', 'pipe:0'],
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
    const due = Math.floor(((Date.now() - this.#startMs) * this.#rate) / 1000);
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
