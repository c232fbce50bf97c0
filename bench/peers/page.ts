// The browser's side: opens the contenders, times them, and judges what they make. Driven by peers.ts through `window.peersBench`.
import { type Tier, tiers } from '../../plugin/core/model-source.js';
import { type GpuDevice, openDevice } from '../../plugin/gpu/device.js';
import { anime4kEntry, anime4kNames } from './anime4k.js';
import { type Calls, countCalls } from './call-counter.js';
import { type Contender, type Entry, type Family, type Frame, handOver } from './contender.js';
import { cropped, makeFrame, padded, releaseFrame } from './frame.js';
import { lanczosX2 } from './lanczos.js';
import { lumaOf, type Picture, type Plane, type Score, score } from './metrics.js';
import { readPicture } from './read-back.js';
import { type Condition, perCondition } from './sample.js';
import { vitreousEntry } from './vitreous.js';
import { webSrEntry, webSrNetworks } from './websr.js';

/** Pixels on their way into the page: RGBA bytes in base64. */
export interface PackedPicture {
  readonly width: number;
  readonly height: number;
  readonly base64: string;
}

export interface OpenedPage {
  readonly adapter: string;
  readonly software: boolean;
  readonly entries: readonly { readonly name: string; readonly family: Family }[];
}

export interface FirstFrame extends Calls {
  /** From creating the upscaler (code and weights in memory, nothing compiled) to its first result, milliseconds. */
  readonly firstFrameMs: number;
}

export interface Times {
  /** Milliseconds a frame, by entry. */
  readonly ms: readonly number[];
  /** The same through the upscaler's own interface, where that does more. */
  readonly asShippedMs: readonly (number | null)[];
  /** Why an entry could not be timed: its milliseconds are NaN. */
  readonly failed: readonly (string | null)[];
}

export interface Judged {
  readonly lanczos: Readonly<Record<Condition, Score>>;
  /** By entry; null for one that could not take the frame. */
  readonly scores: readonly (Readonly<Record<Condition, Score>> | null)[];
}

interface Timed {
  readonly contender: Contender;
  readonly frames: readonly Frame[];
}

async function unpack({ width, height, base64 }: PackedPicture): Promise<Picture> {
  const response = await fetch(`data:application/octet-stream;base64,${base64}`);
  return { width, height, data: new Uint8Array(await response.arrayBuffer()) };
}

/** The page's state: one device for everybody. */
class PeersBench {
  readonly #gpu: GpuDevice;
  readonly #entries: Entry[];
  #gpuErrors: string[] = [];
  #timed: Timed[] = [];

  constructor(gpu: GpuDevice, entries: readonly Entry[]) {
    this.#gpu = gpu;
    this.#entries = [...entries];
    gpu.device.addEventListener('uncapturederror', ({ error }) => this.#gpuErrors.push(error.message));
  }

  /** Opens an entry, by its place, at the size of `packed`, and keeps it for `round`. */
  async firstFrame(index: number, packed: readonly PackedPicture[]): Promise<FirstFrame> {
    const entry = this.#entries[index];
    if (!entry) throw new RangeError(`no entry ${index}`);
    const pictures = await Promise.all(packed.map(unpack));
    const frames = await Promise.all(
      pictures.map((picture) => makeFrame(this.#gpu, padded(picture, entry.alignment.timed))),
    );
    const [frame] = frames;
    if (!frame) throw new Error('no frame to time with');
    await this.#done();
    const startMs = performance.now();
    const contender = await entry.open(this.#gpu, frame);
    await this.#done();
    const firstFrameMs = performance.now() - startMs;
    // A frame with all that a frame may take.
    contender.forget?.();
    const calls = countCalls(() => contender.run());
    await this.#done();
    this.#throwGpuErrors(entry.name);
    this.#timed.push({ contender, frames });
    return { firstFrameMs, ...calls };
  }

  /** Leaves out an entry that could not be opened; those behind it move up. */
  drop(index: number): void {
    this.#entries.splice(index, 1);
    this.#gpuErrors = [];
  }

  /** Each contender takes `batch` frames, one contender after the other. */
  async round(batch: number): Promise<Times> {
    const ms: number[] = [];
    const asShippedMs: (number | null)[] = [];
    const failed: (string | null)[] = [];
    for (const timed of this.#timed) {
      const [took, tookAsShipped, why] = await this.#takeTurn(timed, batch);
      ms.push(took);
      asShippedMs.push(tookAsShipped);
      failed.push(why);
    }
    return { ms, asShippedMs, failed };
  }

  /** What one cannot do costs the others nothing. */
  async #takeTurn({ contender, frames }: Timed, batch: number): Promise<[number, number | null, string | null]> {
    const { runAsShipped } = contender;
    try {
      const ms = await this.#time(contender, frames, batch);
      const asShippedMs = runAsShipped ? await this.#timeAsShipped(runAsShipped, batch) : null;
      this.#throwGpuErrors('timing');
      return [ms, asShippedMs, null];
    } catch (thrown) {
      this.#gpuErrors = [];
      return [Number.NaN, null, thrown instanceof Error ? thrown.message : String(thrown)];
    }
  }

  /** Lets the timed contenders go. */
  async endTiming(): Promise<void> {
    await this.#done();
    for (const { contender, frames } of this.#timed) {
      contender.dispose();
      frames.map(releaseFrame);
    }
    this.#timed = [];
  }

  /** What each contender and Lanczos make of a frame's low pictures, against the true one. */
  async judge(high: PackedPicture, low: Readonly<Record<Condition, PackedPicture>>): Promise<Judged> {
    const picture = await unpack(high);
    const truth = lumaOf(picture);
    const lows = await perCondition((condition) => unpack(low[condition]));
    const lanczos = await perCondition((condition) => score(lumaOf(lanczosX2(lows[condition])), truth));
    const scores: (Record<Condition, Score> | null)[] = [];
    for (const entry of this.#entries)
      try {
        scores.push(await this.#judgeEntry(entry, lows, truth, picture));
      } catch (thrown) {
        console.warn(`${entry.name}: ${String(thrown)}`);
        this.#gpuErrors = [];
        scores.push(null);
      }
    return { lanczos, scores };
  }

  async #judgeEntry(
    entry: Entry,
    lows: Readonly<Record<Condition, Picture>>,
    truth: Plane,
    size: { readonly width: number; readonly height: number },
  ): Promise<Record<Condition, Score>> {
    const clean = await makeFrame(this.#gpu, padded(lows.clean, entry.alignment.judged));
    const contender = await entry.open(this.#gpu, clean);
    releaseFrameLater(clean, this.#done());
    try {
      return await perCondition(async (condition) => {
        const frame = await makeFrame(this.#gpu, padded(lows[condition], entry.alignment.judged));
        handOver(this.#gpu, frame, contender.input);
        contender.forget?.();
        contender.run();
        const picture = await readPicture(this.#gpu, contender.output);
        releaseFrame(frame);
        this.#throwGpuErrors(entry.name);
        return score(lumaOf(cropped(picture, size)), truth);
      });
    } finally {
      contender.dispose();
    }
  }

  async #time({ input, run }: Contender, frames: readonly Frame[], batch: number): Promise<number> {
    await this.#done();
    const startMs = performance.now();
    for (let i = 0; i < batch; i++) {
      const frame = frames[i % frames.length];
      if (frame) handOver(this.#gpu, frame, input);
      run();
    }
    await this.#done();
    return (performance.now() - startMs) / batch;
  }

  async #timeAsShipped(runAsShipped: () => Promise<void>, batch: number): Promise<number> {
    await this.#done();
    const startMs = performance.now();
    for (let i = 0; i < batch; i++) await runAsShipped();
    await this.#done();
    return (performance.now() - startMs) / batch;
  }

  #done(): Promise<undefined> {
    return this.#gpu.device.queue.onSubmittedWorkDone();
  }

  #throwGpuErrors(what: string): void {
    const [first] = this.#gpuErrors;
    if (first !== undefined) throw new Error(`${what}: ${this.#gpuErrors.length} GPU errors, the first: ${first}`);
  }
}

function releaseFrameLater(frame: Frame, done: Promise<undefined>): void {
  void done.then(() => releaseFrame(frame));
}

async function peerEntries(weightsFolder: string): Promise<readonly Entry[]> {
  const webSr = webSrNetworks.map(async (network) => {
    const response = await fetch(`${weightsFolder}/${network.weights}`);
    if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
    return webSrEntry(network, await response.json());
  });
  return [...anime4kNames.map(anime4kEntry), ...(await Promise.all(webSr))];
}

/**
 * Opens the device and the contenders: every shipped tier and, with a folder of WebSR's weights, the peers, whose scripts are in
 * the page by then.
 */
async function open(weightsFolder: string | null): Promise<OpenedPage> {
  const gpu = await openDevice({ powerPreference: 'high-performance' });
  const { vendor, architecture, device, description } = gpu.device.adapterInfo;
  const ours = await Promise.all(tiers.map((tier: Tier) => vitreousEntry(tier)));
  const entries = [...ours, ...(weightsFolder === null ? [] : await peerEntries(weightsFolder))];
  window.peersBench = new PeersBench(gpu, entries);
  return {
    adapter: [description || device, vendor, architecture].filter((name) => name !== '').join(', '),
    software: gpu.caps.software,
    entries: entries.map(({ name, family }) => ({ name, family })),
  };
}

declare global {
  interface Window {
    openPeersBench: typeof open;
    peersBench: PeersBench;
  }
}

window.openPeersBench = open;
