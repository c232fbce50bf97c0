import Hls from 'hls.js';
import { connectWhep, type WhepConnection, type WhepOptions } from '../../plugin/adapters/whep.js';
import * as vitreous from '../../plugin/index.js';

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
      enhance(target?: vitreous.EnhanceTarget, options?: vitreous.EnhanceOptions): Promise<vitreous.Enhanced>;
      /** Resolves with the times, microseconds, of the next enhanced frames. */
      frames(count: number): Promise<number[]>;
      /** Resolves once the state is this one. */
      reached(state: vitreous.EnhancedState): Promise<void>;
      /** Resolves when the page has been drawn after what this task changed. */
      drawn(): Promise<void>;
      enhanced?: vitreous.Enhanced;
      whep?: WhepConnection;
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

window.live = {
  vitreous,
  video,
  canvas,
  connectWhep,
  async playHls(url) {
    const hls = new Hls({ lowLatencyMode: true });
    window.live.hls = hls;
    // As a player does: a stream that went away is asked for again.
    hls.on(Hls.Events.ERROR, (_event, { fatal, type }) => {
      if (fatal && type === Hls.ErrorTypes.NETWORK_ERROR) setTimeout(() => hls.loadSource(url), 500);
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
    return window.live.enhanced;
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
