import type { ActiveTier, Enhanced, EnhancedState } from '../../plugin/index.js';
import { GpuLoad } from './gpu-load.js';

/** A tier or state that came, and after how many frames of the clip. */
export interface Change {
  readonly to: ActiveTier | EnhancedState;
  readonly frame: number;
}

/** What happened until a condition held, or for so long. */
export interface Watched {
  readonly reached: boolean;
  readonly changes: readonly Change[];
}

export interface SharedPlay {
  readonly enhanced: Enhanced;
  readonly load: GpuLoad;
  readonly intervalMs: number;
  /** Plays on until a condition holds, at most so many frames of the clip. */
  until(reached: (now: { tier: ActiveTier; state: EnhancedState }) => boolean, frames: number): Promise<Watched>;
}

declare global {
  interface Window {
    /** Opens a device that a load shares and starts, paused, on it. */
    shareGpu(): Promise<void>;
    /** Plays slowly and lets the governor choose from now on; it may not give up. */
    playShared(): Promise<SharedPlay>;
  }
}

const clipFps = 12;
/** Slow enough for tier M on a software GPU that shares its processor. */
const intervalMs = 800;

let device: GPUDevice | undefined;
let load: GpuLoad | undefined;

window.shareGpu = async () => {
  const adapter = await navigator.gpu.requestAdapter();
  device = await adapter?.requestDevice({ requiredFeatures: ['timestamp-query'] });
  if (!device) throw new Error('no device');
  load = new GpuLoad(device);
  // In front of our frames: the session asks for each frame after this has.
  load.attach(window.video);
  await window.enhanceVideo({ device });
};

window.playShared = async () => {
  const { video, enhanced } = window;
  if (!load || !enhanced) throw new Error('shareGpu first');
  await load.warmUp(intervalMs);
  video.playbackRate = 1000 / clipFps / intervalMs;
  enhanced.set({ upscale: { quality: 'auto', force: true } });
  await video.play();

  const until: SharedPlay['until'] = async (reached, frames) => {
    const from = video.currentTime;
    const changes: Change[] = [];
    const note = ({ to }: { to: Change['to'] }) =>
      changes.push({ to, frame: Math.round((video.currentTime - from) * clipFps) });
    enhanced.addEventListener('tier', note);
    enhanced.addEventListener('statechange', note);
    const holds = () => reached({ tier: enhanced.stats.tier, state: enhanced.state });
    while (!holds() && video.currentTime < from + frames / clipFps)
      await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    enhanced.removeEventListener('tier', note);
    enhanced.removeEventListener('statechange', note);
    return { reached: holds(), changes };
  };
  return { enhanced, load, intervalMs, until };
};
