import Hls, { type HlsConfig, type HlsListeners } from 'hls.js';
import { attachHls } from '../../plugin/adapters/hls.js';
import { counterCells } from '../hls-counter.mjs';
import { GpuLoad } from './gpu-load.js';
import './player.js';

/** What there was to see when the browser presented a frame. */
export interface SeenFrame {
  /** Number of the native frame; NaN: no such picture. */
  readonly native: number;
  /** Number of the enhanced frame drawn since the last one; undefined: none was drawn. */
  readonly drawn: number | undefined;
  /** The enhanced picture covers the native one. */
  readonly covered: boolean;
  /** Of the native frame, pixels. */
  readonly width: number;
  readonly mediaSeconds: number;
}

declare global {
  interface Window {
    Hls: typeof Hls;
    attachHls: typeof attachHls;
    hls: Hls;
    attachment?: ReturnType<typeof attachHls>;
    /** Plays a stream, from a level on (by hand) or as hls.js chooses (-1). Resolves when the first frame is there. */
    playHls(url: string, level: number, config?: Partial<HlsConfig>): Promise<void>;
    /** Every frame that the browser has presented since `watchFrames`. */
    seenFrames: SeenFrame[];
    watchFrames(): void;
    /** Widths that were announced, and whether they came to stand, since `watchAnnouncements`. */
    announcements: { readonly width: number | undefined; readonly stands: boolean }[];
    watchAnnouncements(): void;
    /** Resolves once a rendition of this width stands ready. */
    announced(width: number): Promise<void>;
    /** Enhances on a device that a load of others shares, in front of each frame. */
    enhanceShared(): Promise<GpuLoad>;
    /** Resolves with the next event of hls.js that is as asked for. */
    hlsEvent(event: keyof HlsListeners, accept?: () => boolean): Promise<void>;
    /** Resolves once so many more frames have been presented, and as many that are as asked for. */
    framesPresented(count: number, accept?: (frame: SeenFrame) => boolean): Promise<void>;
  }
}

window.Hls = Hls;
window.attachHls = attachHls;

window.playHls = async (url, level, config = {}) => {
  const { video } = window;
  const hls = new Hls({ enableWorker: false, ...config });
  window.hls = hls;
  hls.on(Hls.Events.MANIFEST_PARSED, () => {
    if (level >= 0) hls.loadLevel = level;
  });
  // As its documentation asks of every page.
  hls.on(Hls.Events.ERROR, (_, { fatal, type }) => {
    if (!fatal) return;
    if (type === Hls.ErrorTypes.NETWORK_ERROR) hls.startLoad();
    else if (type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
  });
  const loaded = new Promise((resolve) => video.addEventListener('loadeddata', resolve, { once: true }));
  hls.loadSource(url);
  hls.attachMedia(video);
  await loaded;
  await video.play();
};

const cellPixels = 4;
const strip = new OffscreenCanvas(counterCells * cellPixels, cellPixels);
const context = strip.getContext('2d', { willReadFrequently: true });

/** The number in the upper quarter of a picture; NaN where the cell that is always white is not. */
function readCounter(picture: HTMLVideoElement | HTMLCanvasElement, width: number, height: number): number {
  if (!context || width === 0) return Number.NaN;
  context.fillRect(0, 0, strip.width, strip.height);
  context.drawImage(picture, 0, 0, width, height / 4, 0, 0, strip.width, strip.height);
  const { data } = context.getImageData(0, cellPixels / 2, strip.width, 1);
  const cells = Array.from(
    { length: counterCells },
    (_, cell) => (data[(cell * cellPixels + cellPixels / 2) * 4 + 1] ?? 0) > 128,
  );
  if (!cells.at(-1)) return Number.NaN;
  return cells.slice(0, -1).reduce((sum, set, bit) => sum + (set ? 2 ** bit : 0), 0);
}

window.seenFrames = [];
const waiting = new Set<() => void>();

window.watchFrames = () => {
  const { video, enhanced } = window;
  if (!enhanced) throw new Error('not enhanced yet');
  let drawn: SeenFrame['drawn'];
  enhanced.addEventListener('frame', () => {
    // In the task that drew it: later the canvas is blank to scripts.
    drawn = readCounter(enhanced.canvas, enhanced.canvas.width, enhanced.canvas.height);
  });
  const onFrame = (_: number, { mediaTime }: VideoFrameCallbackMetadata) => {
    video.requestVideoFrameCallback(onFrame);
    window.seenFrames.push({
      native: readCounter(video, video.videoWidth, video.videoHeight),
      drawn,
      covered: getComputedStyle(enhanced.canvas).visibility !== 'hidden',
      width: video.videoWidth,
      mediaSeconds: mediaTime,
    });
    drawn = undefined;
    for (const check of waiting) check();
  };
  // After the session's own callback, which was asked for earlier.
  video.requestVideoFrameCallback(onFrame);
};

window.framesPresented = (count, accept = () => true) =>
  new Promise((resolve) => {
    let left = count;
    const check = () => {
      const frame = window.seenFrames.at(-1);
      if (frame && accept(frame)) left--;
      if (left > 0) return;
      waiting.delete(check);
      resolve();
    };
    waiting.add(check);
  });

window.announcements = [];
const awaited = new Set<() => void>();

window.watchAnnouncements = () => {
  const { enhanced } = window;
  if (!enhanced) throw new Error('not enhanced yet');
  const prepare = enhanced.prepare.bind(enhanced);
  enhanced.prepare = async (size) => {
    const stands = await prepare(size);
    window.announcements.push({ width: size?.width, stands });
    for (const check of awaited) check();
    return stands;
  };
};

window.announced = (width) =>
  new Promise((resolve) => {
    const check = () => {
      if (!window.announcements.some((one) => one.width === width && one.stands)) return;
      awaited.delete(check);
      resolve();
    };
    awaited.add(check);
    check();
  });

window.enhanceShared = async () => {
  const adapter = await navigator.gpu.requestAdapter();
  const device = await adapter?.requestDevice({ requiredFeatures: ['timestamp-query'] });
  if (!device) throw new Error('no device');
  const load = new GpuLoad(device);
  // In front of our frames: the session asks for each frame after this has.
  load.attach(window.video);
  await window.enhanceVideo({ device });
  return load;
};

window.hlsEvent = (event, accept = () => true) =>
  new Promise((resolve) => {
    const check = () => {
      if (!accept()) return;
      window.hls.off(event, check);
      resolve();
    };
    window.hls.on(event, check);
  });

document.documentElement.dataset.hls = 'true';
