import * as vitreous from '../../plugin/index.js';
import './governor.js';

/** What a `detections` event says, as plain data. */
export interface SeenLook {
  readonly seconds: number;
  readonly detections: readonly vitreous.TrackedDetection[];
}

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
    /** Resolves with the next answered look. */
    nextLook(): Promise<SeenLook>;
    /** Shows the frame at a time, paused, and resolves with the look at it. */
    lookAt(seconds: number): Promise<SeenLook>;
    nextEvent<K extends keyof vitreous.EnhancedEventMap>(type: K): Promise<vitreous.EnhancedEventMap[K]>;
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
  const listening = new AbortController();
  const { signal } = listening;
  try {
    await new Promise((resolve, reject) => {
      video.addEventListener('loadeddata', resolve, { signal });
      video.addEventListener('error', () => reject(new Error(video.error?.message)), { signal });
    });
  } finally {
    listening.abort();
  }
  const shown = new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  video.currentTime = seconds;
  await shown;
  // Told of before it is on screen.
  await window.redrawn();
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

window.nextLook = () =>
  new Promise((resolve) => {
    enhanced().addEventListener(
      'detections',
      ({ timestampUs, detections }) => resolve({ seconds: timestampUs / 1e6, detections }),
      { once: true },
    );
  });

window.nextEvent = (type) =>
  new Promise((resolve) => {
    enhanced().addEventListener(type, resolve, { once: true });
  });

window.lookAt = async (seconds) => {
  video.currentTime = seconds;
  // Half a frame: the time of the frame shown, not the time asked for.
  for (;;) {
    const look = await window.nextLook();
    if (Math.abs(look.seconds - seconds) < 0.05) return look;
  }
};

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
