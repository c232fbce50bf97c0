import Hls from 'hls.js';
import { connectWhep, type WhepConnection, type WhepOptions } from '../../plugin/adapters/whep.js';
import { publish, type WhipConnection } from '../../plugin/adapters/whip.js';
import * as vitreous from '../../plugin/index.js';
import { readStamp, stampBlock, stampBlocks, stampedRate, stampedSize, stampRowHeight } from '../stamp-layout.js';
import { GpuLoad } from './gpu-load.js';

/** Stamps as the browser presented a frame. Undefined where there is none to read. */
export interface SeenStamps {
  /** When, milliseconds, on the stamps' own clock where `epochMs` is 0. */
  readonly nowMs: number;
  readonly native: number | undefined;
  /** Of the enhanced picture that was drawn since the last one; undefined where none was. */
  readonly drawn: number | undefined;
}

declare global {
  interface Window {
    /** What the page of live streams offers to its tests. */
    live: {
      readonly vitreous: typeof vitreous;
      readonly video: HTMLVideoElement;
      readonly canvas: HTMLCanvasElement;
      /** Plays by hls.js; resolves when it plays. */
      playHls(url: string): Promise<void>;
      /** Plays by WHEP; resolves when a frame has come. */
      playWhep(url: string, options?: WhepOptions): Promise<WhepConnection>;
      connectWhep: typeof connectWhep;
      publish: typeof publish;
      /** A camera whose every frame has its time stamped into it, counted from `epochMs`, with a tone. */
      stampedCamera(epochMs: number): MediaStream;
      enhance(target?: vitreous.EnhanceTarget, options?: vitreous.EnhanceOptions): Promise<vitreous.Enhanced>;
      /** A device that a load of others shares, in front of each frame of the `<video>`. */
      shareGpu(): Promise<{ device: GPUDevice; load: GpuLoad }>;
      /** Notes the stamps on screen of each frame that the browser presents from now on, and tells. */
      watchStamps(onFrame: (seen: SeenStamps) => void): void;
      /** Resolves with the times, microseconds, of the next enhanced frames. */
      frames(count: number): Promise<number[]>;
      /** Resolves once the state is this one. */
      reached(state: vitreous.EnhancedState): Promise<void>;
      /** Resolves when the page has been drawn after what this task changed. */
      drawn(): Promise<void>;
      enhanced?: vitreous.Enhanced;
      /** Codes of all `fallback` events. */
      readonly fallbacks: vitreous.ErrorCode[];
      whep?: WhepConnection;
      whip?: WhipConnection;
      hls?: Hls;
    };
  }
}

const video = document.querySelector('video');
const canvas = document.querySelector<HTMLCanvasElement>('#own');
if (!video || !canvas) throw new Error('no <video> or no <canvas> on the page');

const nextFrame = () => new Promise((resolve) => video.requestVideoFrameCallback(resolve));

const enhanced = (): vitreous.Enhanced => {
  if (!window.live.enhanced) throw new Error('not enhanced yet');
  return window.live.enhanced;
};

const reading = new OffscreenCanvas(stampedSize.width, stampedSize.height).getContext('2d', {
  willReadFrequently: true,
});

function stampIn(picture: HTMLVideoElement | HTMLCanvasElement): number | undefined {
  const { width, height } = stampedSize;
  reading?.drawImage(picture, 0, 0, width, height);
  return reading ? readStamp(reading.getImageData(0, 0, width, height), 'upper') : undefined;
}

window.live = {
  vitreous,
  video,
  canvas,
  fallbacks: [],
  connectWhep,
  publish,
  stampedCamera(epochMs) {
    const drawn = document.createElement('canvas');
    Object.assign(drawn, stampedSize);
    const context = drawn.getContext('2d');
    if (!context) throw new Error('no 2D canvas');
    const draw = () => {
      context.fillStyle = '#606060';
      context.fillRect(0, 0, drawn.width, drawn.height);
      for (const { x, y, white } of stampBlocks(Date.now() - epochMs)) {
        context.fillStyle = white ? '#fff' : '#000';
        context.fillRect(x, y, stampBlock, stampRowHeight);
      }
    };
    draw();
    setInterval(draw, 1000 / stampedRate);
    const audio = new AudioContext();
    const tone = new OscillatorNode(audio);
    const sound = new MediaStreamAudioDestinationNode(audio);
    tone.connect(sound);
    tone.start();
    return new MediaStream([...drawn.captureStream(stampedRate).getTracks(), ...sound.stream.getTracks()]);
  },
  async playHls(url) {
    const hls = new Hls({ lowLatencyMode: true });
    window.live.hls = hls;
    // As a player does: a stream that went away is asked for again.
    hls.on(Hls.Events.ERROR, (_event, { fatal, type }) => {
      // The picture stays meanwhile, unless there has been none.
      const again = () => (hls.levels.length > 0 ? hls.startLoad() : hls.loadSource(url));
      if (fatal && type === Hls.ErrorTypes.NETWORK_ERROR) setTimeout(again, 500);
      else if (fatal) hls.recoverMediaError();
    });
    hls.loadSource(url);
    hls.attachMedia(video);
    hls.on(Hls.Events.MANIFEST_PARSED, () => void video.play());
    await nextFrame();
  },
  async playWhep(url, options) {
    const shown = nextFrame();
    window.live.whep = await connectWhep(url, { video, ...options });
    await shown;
    return window.live.whep;
  },
  async enhance(target = video, options = {}) {
    const own = target === video ? {} : { canvas };
    window.live.enhanced = await vitreous.enhance(target, {
      upscale: { quality: 'S', force: true },
      ...own,
      ...options,
    });
    window.live.enhanced.addEventListener('fallback', ({ code }) => window.live.fallbacks.push(code));
    return window.live.enhanced;
  },
  async shareGpu() {
    const adapter = await navigator.gpu.requestAdapter();
    const device = await adapter?.requestDevice({ requiredFeatures: ['timestamp-query'] });
    if (!device) throw new Error('no device');
    const load = new GpuLoad(device);
    // In front of our frames: the session asks for each frame after this has.
    load.attach(video);
    return { device, load };
  },
  watchStamps(onFrame) {
    const target = enhanced();
    let drawn: number | undefined;
    target.addEventListener('frame', () => {
      // In the task that drew it: later the canvas is blank to scripts.
      drawn = stampIn(target.canvas);
    });
    const onNative = () => {
      video.requestVideoFrameCallback(onNative);
      onFrame({ nowMs: Date.now(), native: stampIn(video), drawn });
      drawn = undefined;
    };
    // After the session's own callback, which was asked for earlier.
    video.requestVideoFrameCallback(onNative);
  },
  frames: (count) =>
    new Promise((resolve) => {
      const times: number[] = [];
      const target = enhanced();
      const onFrame = ({ timestampUs }: vitreous.FrameEvent) => {
        times.push(timestampUs);
        if (times.length < count) return;
        target.removeEventListener('frame', onFrame);
        resolve(times);
      };
      target.addEventListener('frame', onFrame);
    }),
  reached: (state) =>
    new Promise((resolve) => {
      const target = enhanced();
      const check = () => {
        if (target.state !== state) return;
        target.removeEventListener('statechange', check);
        resolve();
      };
      target.addEventListener('statechange', check);
      check();
    }),
  drawn: () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))),
};
document.documentElement.dataset.ready = 'true';
