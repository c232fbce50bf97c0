import { type ActiveTier, type Enhanced, enhance } from '../../plugin/index.js';
import { GpuLoad } from './gpu-load.js';

/** How it stands with each video. */
export interface WallStats {
  readonly tiers: readonly ActiveTier[];
  readonly states: readonly string[];
  readonly framesShown: readonly number[];
}

/** What happened until every video's tier was one of some. */
export interface WallWatched extends WallStats {
  readonly reached: boolean;
  /** Frames of the first video at which each had got there. */
  readonly arrivals: readonly number[];
}

declare global {
  interface Window {
    /** Plays a clip so many times at once, each enhanced with `auto` on one device. */
    openWall(url: string, count: number, clipFps: number, intervalMs: number): Promise<void>;
    /** Sets what others do on the device in front of each frame of the first video, in frame intervals. */
    loadWall(intervals: number): void;
    /** Plays on until every video's tier is one of these, at most so many frames of the first video. */
    wallReaches(tiers: readonly ActiveTier[], frames: number): Promise<WallWatched>;
    wallStats(): WallStats;
    disposeWall(): void;
  }
}

let videos: readonly HTMLVideoElement[] = [];
let wall: readonly Enhanced[] = [];
let load: GpuLoad | undefined;
let frameIntervalMs = 0;

window.openWall = async (url, count, clipFps, intervalMs) => {
  frameIntervalMs = intervalMs;
  const adapter = await navigator.gpu.requestAdapter();
  const device = await adapter?.requestDevice({ requiredFeatures: ['timestamp-query'] });
  if (!device) throw new Error('no device');
  load = new GpuLoad(device);
  await load.warmUp(intervalMs / 2);
  videos = Array.from({ length: count }, () => {
    const video = document.createElement('video');
    Object.assign(video, { muted: true, loop: true, src: url, playbackRate: 1000 / clipFps / intervalMs });
    document.body.append(video);
    return video;
  });
  const [first] = videos;
  // In front of the others' frames.
  if (first) load.attach(first);
  await Promise.all(videos.map((video) => video.play()));
  wall = await Promise.all(
    videos.map((video) => enhance(video, { device, upscale: { quality: 'auto', force: true } })),
  );
  // Playing back slowly is told after the source has loaded.
  for (const video of videos) video.playbackRate = 1000 / clipFps / intervalMs;
};

window.loadWall = (intervals) => {
  if (load) load.targetMs = intervals * frameIntervalMs;
};

window.wallStats = () => {
  const stats = wall.map((enhanced) => enhanced.stats);
  return {
    tiers: stats.map(({ tier }) => tier),
    states: stats.map(({ state }) => state),
    framesShown: stats.map(({ framesShown }) => framesShown),
  };
};

window.wallReaches = async (tiers, frames) => {
  const arrivals = wall.map(() => -1);
  const [first] = videos;
  for (let frame = 0; frame <= frames; frame++) {
    for (const [i, tier] of window.wallStats().tiers.entries())
      if (!tiers.includes(tier)) arrivals[i] = -1;
      else if (arrivals[i] === -1) arrivals[i] = frame;
    if (!arrivals.includes(-1)) break;
    await new Promise((resolve) => first?.requestVideoFrameCallback(resolve));
  }
  return { reached: !arrivals.includes(-1), arrivals, ...window.wallStats() };
};

window.disposeWall = () => {
  for (const enhanced of wall) enhanced.dispose();
};

document.documentElement.dataset.ready = 'true';
