import type Hls from 'hls.js';
import type { Enhanced, Size } from '../../index.js';
import { BufferedLevels } from './buffered-levels.js';

/** A frame's time lies within its fragment, but for rounding. */
const roundingSeconds = 0.01;

/** Tells the enhancement which rendition comes next, as soon as hls.js has decided and before the first of its frames. */
export class Upcoming {
  readonly #hls: Hls;
  readonly #enhanced: Enhanced;
  readonly #buffered = new BufferedLevels();
  /** Sizes of frames that were seen: a manifest may not state them, or not as they are shown. */
  readonly #seen = new Map<number, Size>();
  /** Level of the frame on screen. */
  #shown: number | undefined;
  #watching: { readonly media: HTMLVideoElement; readonly end: () => void } | undefined;

  constructor(hls: Hls, enhanced: Enhanced, signal: AbortSignal) {
    this.#hls = hls;
    this.#enhanced = enhanced;
    const { Events } = hls.constructor as typeof Hls; // Of the very build in use: full, light or from a script tag.
    const watch = () => this.#watch();
    const unwatch = () => this.#unwatch();
    const update = () => this.#update();
    const forget = () => this.#forget();
    const add: Parameters<typeof hls.on<typeof Events.FRAG_BUFFERED>>[1] = (_, { frag, part }) => {
      if (frag.type !== 'main') return;
      const { start, end } = part ?? frag;
      this.#buffered.add(start, end, frag.level);
      this.#update();
    };
    const remove: Parameters<typeof hls.on<typeof Events.BUFFER_FLUSHED>>[1] = (_, { type, start, end }) => {
      if (type !== 'audio') this.#buffered.remove(start, end);
    };
    hls.on(Events.MEDIA_ATTACHED, watch);
    hls.on(Events.MEDIA_DETACHED, unwatch);
    hls.on(Events.MANIFEST_LOADING, forget);
    hls.on(Events.LEVEL_SWITCHING, update);
    hls.on(Events.FRAG_BUFFERED, add);
    hls.on(Events.BUFFER_FLUSHED, remove);
    signal.addEventListener('abort', () => {
      hls.off(Events.MEDIA_ATTACHED, watch);
      hls.off(Events.MEDIA_DETACHED, unwatch);
      hls.off(Events.MANIFEST_LOADING, forget);
      hls.off(Events.LEVEL_SWITCHING, update);
      hls.off(Events.FRAG_BUFFERED, add);
      hls.off(Events.BUFFER_FLUSHED, remove);
      this.#unwatch();
      void enhanced.prepare(undefined);
    });
    watch();
  }

  #watch(): void {
    const { media } = this.#hls;
    // Told by what we call on it: `instanceof` fails across frames.
    if (!media || !('requestVideoFrameCallback' in media) || media === this.#watching?.media) return;
    this.#unwatch();
    const video = media as HTMLVideoElement; // Only videos have it.
    const onSeeking = () => this.#update();
    video.addEventListener('seeking', onSeeking);
    const onFrame = (_: number, { mediaTime }: VideoFrameCallbackMetadata): void => {
      callback = video.requestVideoFrameCallback(onFrame);
      this.#sawFrame(mediaTime);
    };
    let callback = video.requestVideoFrameCallback(onFrame);
    const end = () => {
      video.removeEventListener('seeking', onSeeking);
      video.cancelVideoFrameCallback(callback);
    };
    this.#watching = { media: video, end };
  }

  #unwatch(): void {
    this.#watching?.end();
    this.#watching = undefined;
  }

  #sawFrame(seconds: number): void {
    const known = this.#buffered.at(seconds + roundingSeconds);
    // What was buffered before we were attached: hls.js knows, if not to the frame.
    const level = known ?? this.#hls.currentLevel;
    if (level < 0 || level === this.#shown) return;
    this.#shown = level;
    const { sourceSize } = this.#enhanced.stats;
    if (known !== undefined && sourceSize.width > 0) this.#seen.set(level, sourceSize);
    this.#update();
  }

  /** Levels of another manifest are others. */
  #forget(): void {
    this.#buffered.clear();
    this.#seen.clear();
    this.#shown = undefined;
  }

  /** Never takes an announcement back: its frames may be about to come. Another one replaces it. */
  #update(): void {
    const { media, loadLevel, currentLevel } = this.#hls;
    const shown = this.#sizeOf(this.#shown ?? currentLevel);
    if (!media || !shown) return;
    const other = (level: number): boolean => {
      const size = this.#sizeOf(level);
      return size !== undefined && (size.width !== shown.width || size.height !== shown.height);
    };
    const level = this.#buffered.next(media.currentTime, other) ?? (other(loadLevel) ? loadLevel : undefined);
    const size = this.#sizeOf(level);
    if (size) void this.#enhanced.prepare(size);
  }

  #sizeOf(level: number | undefined): Size | undefined {
    if (level === undefined) return undefined;
    const seen = this.#seen.get(level);
    if (seen) return seen;
    const { width = 0, height = 0 } = this.#hls.levels[level] ?? {};
    return width > 0 && height > 0 ? { width, height } : undefined;
  }
}
