import type { FrameSource } from '../core/frame-source.js';
import { pageOrigins } from '../core/model-origins.js';
import { LiveRegion } from '../present/live-region.js';
import { TrackSource } from '../source/track-source.js';
import { VideoSource } from '../source/video-source.js';
import { defaultAssets } from './api/assets.js';
import type { EnhanceOptions } from './api/options.js';
import type { SessionTarget } from './api/targets.js';
import type { LinkEvents } from './draw/gpu-link.js';
import { Models } from './draw/models.js';
import { type Link, RendererLink } from './draw/renderer-link.js';
import type { OpenDetector } from './looks/detector-link.js';
import { openFromCatalog } from './looks/open-detector.js';
import { type Outlet, type OutletEvents, openOutlet } from './page/outlet.js';
import { VideoState } from './page/video-state.js';

/** Tells screen readers what the picture shows. */
export interface SpeechRegion {
  attach(): void;
  say(text: string): void;
  remove(): void;
}

/** What a session is made of: each part can be another one, as a test does it. */
export interface SessionParts {
  readonly source: FrameSource;
  /** The `<video>`, where there is one. */
  readonly video: HTMLVideoElement | undefined;
  readonly models: Models;
  readonly openDetector: OpenDetector;
  readonly openOutlet: (events: OutletEvents) => Outlet;
  readonly watchVideo: (onChange: () => void) => VideoState | undefined;
  readonly openRegion: (canvas: HTMLCanvasElement) => SpeechRegion;
  readonly openLink: (outlet: Outlet, events: LinkEvents, signal: AbortSignal) => Link;
}

/** The parts that draw a target on this page. */
export function partsFor(target: SessionTarget, options: EnhanceOptions): SessionParts {
  const video = 'videoWidth' in target ? target : undefined;
  const places = { origins: pageOrigins(options.modelOrigins), assets: options.assets ?? defaultAssets() };
  return {
    source: sourceOf(target),
    video,
    models: new Models(options.onProgress, places),
    openDetector: openFromCatalog(places),
    openOutlet: (events) => openOutlet(target, options, events),
    watchVideo: (onChange) => video && new VideoState(video, onChange),
    openRegion: (canvas) => new LiveRegion(canvas),
    openLink: ({ presenter, surface }, events, signal) =>
      new RendererLink({
        ...events,
        kind: options.renderer ?? 'auto',
        canvas: options.output === 'texture' ? undefined : presenter.canvas,
        ownsCanvas: options.canvas === undefined,
        device: options.device,
        surface,
        signal,
        alone: !presenter.overlay,
      }),
  };
}

function sourceOf(target: SessionTarget): FrameSource {
  if ('videoWidth' in target) return new VideoSource(target);
  return 'getSettings' in target ? new TrackSource(target) : target;
}
