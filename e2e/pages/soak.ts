import * as vitreous from '../../plugin/index.js';
import type { Slot, SoakSettings } from '../soak/plan.js';

/** How it stands with a video. */
export interface SlotStatus {
  readonly state: vitreous.EnhancedState;
  readonly why: string | undefined;
  readonly tier: vitreous.ActiveTier;
  readonly looks: number | undefined;
  /** Presentation time of the frame that the browser presented last, seconds. */
  readonly presentedSeconds: number;
  readonly paused: boolean;
  readonly readyState: number;
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

declare global {
  interface Window {
    soak: {
      open(slot: Slot, url: string, settings: SoakSettings): Promise<void>;
      /** Returns the frames that were shown enhanced. */
      close(slot: Slot): number;
      renew(slot: Slot, settings: SoakSettings): Promise<number>;
      play(slot: Slot): Promise<void>;
      pause(slot: Slot): void;
      seek(slot: Slot, seconds: number): Promise<void>;
      source(slot: Slot, url: string): Promise<void>;
      rate(slot: Slot, rate: number): void;
      resize(slot: Slot, width: number): void;
      set(slot: Slot, settings: SoakSettings): void;
      enable(slot: Slot, enabled: boolean): void;
      /** What was found shows so, or not at all. */
      mark(slot: Slot, style: SoakSettings['style'] | false): void;
      status(slot: Slot): SlotStatus;
      /** How it stands with each video, in words, whatever it waits for. */
      describe(): string;
      /** Enhancements and videos that were disposed and are still held by somebody, as of the last garbage collection. */
      held(): number;
      /** Hides what is drawn over the videos, for the native picture; resolves once that is on screen. */
      bare(native: boolean): Promise<void>;
    };
  }
}

interface Open {
  readonly video: HTMLVideoElement;
  readonly listening: AbortController;
  enhanced: vitreous.Enhanced | undefined;
  presentedSeconds: number;
}

const open = new Map<Slot, Open>();
/** Whatever should be garbage. */
const dropped = new Set<WeakRef<object>>();

function get(slot: Slot): Open {
  const found = open.get(slot);
  if (!found) throw new Error(`slot ${slot} is closed`);
  return found;
}

function optionsOf({ quality, strength, compare, prompts, style }: SoakSettings): vitreous.EnhanceSettings {
  return {
    upscale: { quality, strength, force: true },
    compare,
    detect: prompts === false ? false : { prompts, scoreThreshold: 0.2 },
    highlight: { style },
  };
}

/** Resolves with the event; a video that fails to load rejects. */
function event(video: HTMLVideoElement, type: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    const { signal } = over;
    const end = (settle: () => void) => {
      over.abort();
      settle();
    };
    video.addEventListener(type, () => end(resolve), { signal });
    video.addEventListener('error', () => end(() => reject(new Error(video.error?.message))), { signal });
  });
}

/** Notes each presented frame. A presentation that was asked for and never comes holds nothing but this. */
function follow(one: Open): void {
  const { video, listening } = one;
  const ask = (): number =>
    video.requestVideoFrameCallback((_now, { mediaTime }) => {
      one.presentedSeconds = mediaTime;
      if (!listening.signal.aborted) ask();
    });
  ask();
}

async function load(video: HTMLVideoElement, url: string): Promise<void> {
  const loaded = event(video, 'loadeddata');
  video.src = url;
  await loaded;
}

window.soak = {
  async open(slot, url, settings) {
    const video = document.createElement('video');
    video.muted = true;
    video.loop = true;
    const one: Open = { video, listening: new AbortController(), enhanced: undefined, presentedSeconds: -1 };
    open.set(slot, one);
    document.querySelectorAll('.slot')[slot]?.append(video);
    follow(one);
    await load(video, url);
    await video.play();
    one.enhanced = await vitreous.enhance(video, optionsOf(settings));
  },
  close(slot) {
    const { video, listening, enhanced } = get(slot);
    const shown = enhanced?.stats.framesShown ?? 0;
    enhanced?.dispose();
    listening.abort();
    video.pause();
    video.removeAttribute('src');
    video.load();
    video.remove();
    open.delete(slot);
    for (const gone of [video, enhanced]) if (gone) dropped.add(new WeakRef(gone));
    return shown;
  },
  async renew(slot, settings) {
    const one = get(slot);
    const shown = one.enhanced?.stats.framesShown ?? 0;
    one.enhanced?.dispose();
    if (one.enhanced) dropped.add(new WeakRef(one.enhanced));
    one.enhanced = undefined;
    one.enhanced = await vitreous.enhance(one.video, optionsOf(settings));
    return shown;
  },
  async play(slot) {
    await get(slot).video.play();
  },
  pause(slot) {
    get(slot).video.pause();
  },
  async seek(slot, seconds) {
    const { video } = get(slot);
    const sought = event(video, 'seeked');
    video.currentTime = seconds;
    await sought;
  },
  async source(slot, url) {
    const { video } = get(slot);
    const { paused } = video;
    await load(video, url);
    if (!paused) await video.play();
  },
  rate(slot, rate) {
    get(slot).video.playbackRate = rate;
  },
  resize(slot, width) {
    const { video } = get(slot);
    video.style.width = `${width}px`;
    video.style.height = `${(width * 9) / 16}px`;
  },
  set(slot, settings) {
    get(slot).enhanced?.set(optionsOf(settings));
  },
  enable(slot, enabled) {
    const one = get(slot);
    if (one.enhanced) one.enhanced.enabled = enabled;
  },
  mark(slot, style) {
    get(slot).enhanced?.set({ highlight: style && { style } });
  },
  status(slot) {
    const { video, enhanced, presentedSeconds } = get(slot);
    if (!enhanced) throw new Error(`slot ${slot} is not enhanced`);
    const { x, y, width, height } = video.getBoundingClientRect();
    const { state, tier, why, detect } = enhanced.stats;
    return {
      state,
      tier,
      why: why?.code,
      looks: detect?.looks,
      presentedSeconds,
      paused: video.paused,
      readyState: video.readyState,
      box: { x, y, width, height },
    };
  },
  describe() {
    const lines = [...open].map(([slot, { video, enhanced }]) => {
      const { readyState, networkState, currentTime, paused, seeking, error } = video;
      const enhancement = enhanced?.stats ?? 'being started';
      const media = { readyState, networkState, currentTime, paused, seeking, error: error?.message };
      return JSON.stringify({ slot, ...media, enhancement });
    });
    return lines.join('\n');
  },
  held() {
    for (const reference of dropped) if (!reference.deref()) dropped.delete(reference);
    return dropped.size;
  },
  async bare(native) {
    for (const { enhanced } of open.values())
      enhanced?.canvas.style.setProperty('opacity', native ? '0' : '1', 'important');
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  },
};

document.documentElement.dataset.ready = 'true';
