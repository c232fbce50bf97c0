import type { ActiveTier, Enhanced, EnhancedState } from '../../plugin/index.js';
import { GpuLoad } from './gpu-load.js';

/** A tier or state that came, and when in the media. */
export interface Change {
  readonly to: ActiveTier | EnhancedState;
  readonly seconds: number;
}

/** What happened until a condition held, or for so long. */
export interface Watched {
  readonly reached: boolean;
  /** Media time at which it began. */
  readonly from: number;
  readonly changes: readonly Change[];
}

export interface SharedPlay {
  readonly enhanced: Enhanced;
  readonly load: GpuLoad;
  readonly intervalMs: number;
  /** What each tier takes on this GPU. */
  readonly tierMs: Readonly<Record<'S' | 'M', number>>;
  /** Plays on until a condition holds, at most so many seconds of the media. */
  until(reached: (now: { tier: ActiveTier; state: EnhancedState }) => boolean, seconds: number): Promise<Watched>;
}

declare global {
  interface Window {
    /** Opens a device and starts, paused, on it. */
    shareGpu(): Promise<void>;
    /** Measures both tiers, chooses the rate of play, and lets the governor choose from now on. */
    playShared(): Promise<SharedPlay>;
  }
}

const clipFps = 24;
/** Tier M takes this part of a frame interval: enough to be in the way of others, and within its budget. */
const shareOfM = 0.4;
/** What Chrome plays. */
const slowestRate = 0.0625;

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

/** The median GPU time of the tier, by frames of the paused video. */
async function measure(enhanced: Enhanced, quality: 'S' | 'M'): Promise<number> {
  enhanced.set({ upscale: { quality } });
  while (enhanced.stats.tier !== quality) await window.redrawn();
  const times: number[] = [];
  let last = '';
  while (times.length < 9) {
    // A change of strength has the current frame drawn again.
    enhanced.set({ upscale: { strength: times.length % 2 } });
    await device?.queue.onSubmittedWorkDone();
    await window.redrawn();
    const gpuMs = enhanced.stats.gpuMs;
    if (JSON.stringify(gpuMs) === last) continue;
    last = JSON.stringify(gpuMs);
    times.push(Object.values(gpuMs).reduce((sum, ms) => sum + ms, 0));
  }
  return times.sort((a, b) => a - b)[times.length >> 1] ?? 0;
}

window.playShared = async () => {
  const { video, enhanced } = window;
  if (!load || !enhanced) throw new Error('shareGpu first');
  const tierMs = { M: await measure(enhanced, 'M'), S: await measure(enhanced, 'S') };
  video.playbackRate = Math.max(slowestRate, (1000 / clipFps / tierMs.M) * shareOfM);
  const intervalMs = 1000 / clipFps / video.playbackRate;
  await load.warmUp(intervalMs / 2);
  // The software adapter was forced on start; from now on it counts as any other.
  enhanced.set({ upscale: { quality: 'auto', force: false, strength: 1 } });
  await video.play();

  const until: SharedPlay['until'] = async (reached, seconds) => {
    const from = video.currentTime;
    const changes: Change[] = [];
    const note = ({ to }: { to: Change['to'] }) => changes.push({ to, seconds: video.currentTime });
    enhanced.addEventListener('tier', note);
    enhanced.addEventListener('statechange', note);
    const holds = () => reached({ tier: enhanced.stats.tier, state: enhanced.state });
    while (!holds() && video.currentTime < from + seconds)
      await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    enhanced.removeEventListener('tier', note);
    enhanced.removeEventListener('statechange', note);
    return { reached: holds(), from, changes };
  };
  return { enhanced, load, intervalMs, tierMs, until };
};
