/**
 * `vitreous/hls`: what an enhanced video gains from knowing its hls.js: renditions are prepared before they show, and a lower one can be
 * fetched and upscaled instead of a higher one. For the optional peer `hls.js`; any of its builds will do.
 *
 * ```ts
 * import Hls from 'hls.js';
 * import { enhance } from 'vitreous';
 * import { attachHls } from 'vitreous/hls';
 * const hls = new Hls();
 * hls.loadSource(url);
 * hls.attachMedia(video);
 * const attachment = attachHls(hls, await enhance(video), { saver: true });
 * ```
 *
 * @module
 */
import type Hls from 'hls.js';
import { tellBytesSaved } from '../core/bytes-saved.js';
import { disposeSymbol } from '../core/dispose.js';
import type { TypedEvents } from '../core/typed-events.js';
import type { DisposableResource, Enhanced } from '../index.js';
import type { HlsAttachmentEventMap } from './hls/events.js';
import { type AttachHlsOptions, checkAttachOptions, type SaverSettings } from './hls/options.js';
import { Saver, type SaverStats } from './hls/saver.js';
import { Upcoming } from './hls/upcoming.js';

export { type HlsAttachmentEventMap, SaverEvent, type SaverReason } from './hls/events.js';
export type { AttachHlsOptions, SaverOptions } from './hls/options.js';
export type { SaverStats } from './hls/saver.js';

/** `EventTarget` with the types of an attachment's events. */
export interface HlsAttachmentEvents extends TypedEvents<HlsAttachmentEventMap> {
  dispatchEvent(event: Event): boolean;
}

/** An hls.js and an enhancement that know each other. */
export interface HlsAttachment extends HlsAttachmentEvents, DisposableResource {
  /** How saving goes; undefined without `saver`. */
  readonly stats: SaverStats | undefined;
  /** They forget each other, and hls.js chooses levels freely again; neither of them ends. Idempotent. */
  dispose(): void;
  [Symbol.dispose](): void;
}

// EventTarget itself; TypeScript has no other way to name its events' types.
const AttachmentEventTarget = EventTarget as { new (): HlsAttachmentEvents };

class Attachment extends AttachmentEventTarget implements HlsAttachment {
  readonly #lifetime = new AbortController();
  readonly #saver: Saver | undefined;

  constructor(hls: Hls, enhanced: Enhanced, settings: SaverSettings | undefined) {
    super();
    const { signal } = this.#lifetime;
    new Upcoming(hls, enhanced, signal);
    const saver = settings && new Saver(hls, enhanced, settings, this, signal);
    this.#saver = saver;
    if (saver) tellBytesSaved(enhanced, () => saver.stats.bytesSaved);
    const { Events } = hls.constructor as typeof Hls; // Of the very build in use.
    const end = () => this.dispose();
    hls.on(Events.DESTROYING, end);
    signal.addEventListener('abort', () => hls.off(Events.DESTROYING, end));
    enhanced.addEventListener('statechange', ({ to }) => to === 'disposed' && this.dispose(), { signal });
  }

  get stats(): SaverStats | undefined {
    return this.#saver?.stats;
  }

  dispose(): void {
    this.#lifetime.abort();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}

/**
 * Lets an enhancement know what hls.js is about to show, so that each rendition is enhanced from its first frame on, and with `saver` lets
 * hls.js know what the GPU affords. Ends with either of them. Levels chosen by hand and caps that the page sets are respected.
 *
 * @throws TypeError for bad arguments.
 */
export function attachHls(hls: Hls, enhanced: Enhanced, options: AttachHlsOptions = {}): HlsAttachment {
  const settings = checkAttachOptions(options);
  if (typeof hls?.loadLevel !== 'number' || typeof hls.on !== 'function')
    throw new TypeError(`attachHls needs an instance of hls.js, got ${String(hls)}`);
  if (typeof enhanced?.prepare !== 'function')
    throw new TypeError(`attachHls needs what enhance() resolves with, got ${String(enhanced)}`);
  return new Attachment(hls, enhanced, settings);
}
