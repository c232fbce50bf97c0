import * as vitreous from '../../plugin/index.js';
import './governor.js';

declare global {
  interface Window {
    vitreous: typeof vitreous;
    video: HTMLVideoElement;
    /** Set by tests: compute pipelines begun and done, in their order. */
    compileSteps: ('begun' | 'done')[];
    /** Set by tests. */
    enhanced?: vitreous.Enhanced;
    events: { type: string; code?: string; recovering?: boolean; from?: string; to?: string }[];
    /** Loads a clip and shows the frame at a time, paused. */
    showAt(url: string, seconds: number): Promise<void>;
    /** Resolves with the media time, seconds, of the `count`-th enhanced frame from now. */
    nextFrame(count?: number): Promise<number>;
    /** Resolves after what this task changed is on screen. */
    redrawn(): Promise<void>;
    /** Resolves once the state is this one. */
    reached(state: vitreous.EnhancedState): Promise<void>;
    enhanceVideo(options?: vitreous.EnhanceOptions): Promise<vitreous.Enhanced>;
  }
}

const video = document.querySelector('video');
if (!video) throw new Error('no <video> on the page');
window.vitreous = vitreous;
window.video = video;
window.events = [];

window.showAt = async (url, seconds) => {
  video.src = url;
  await new Promise((resolve, reject) => {
    video.addEventListener('loadeddata', resolve, { once: true });
    video.addEventListener('error', () => reject(new Error(video.error?.message)), { once: true });
  });
  const shown = new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  video.currentTime = seconds;
  await shown;
};

window.enhanceVideo = async (options = {}) => {
  const enhanced = await vitreous.enhance(video, { upscale: { quality: 'S', force: true }, ...options });
  window.enhanced = enhanced;
  enhanced.addEventListener('fallback', ({ type, code, recovering }) => window.events.push({ type, code, recovering }));
  enhanced.addEventListener('statechange', ({ type, from, to }) => window.events.push({ type, from, to }));
  enhanced.addEventListener('tier', ({ type, from, to }) => window.events.push({ type, from, to }));
  return enhanced;
};

const enhanced = (): vitreous.Enhanced => {
  if (!window.enhanced) throw new Error('not enhanced yet');
  return window.enhanced;
};

window.nextFrame = (count = 1) =>
  new Promise((resolve) => {
    let left = count;
    const target = enhanced();
    const onFrame = ({ timestampUs }: vitreous.FrameEvent) => {
      left--;
      if (left > 0) return;
      target.removeEventListener('frame', onFrame);
      resolve(timestampUs / 1e6);
    };
    target.addEventListener('frame', onFrame);
  });

window.redrawn = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));

window.reached = (state) =>
  new Promise((resolve) => {
    const target = enhanced();
    const check = () => {
      if (target.state !== state) return;
      target.removeEventListener('statechange', check);
      resolve();
    };
    target.addEventListener('statechange', check);
    check();
  });

document.documentElement.dataset.ready = 'true';
