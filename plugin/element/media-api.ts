const readable = [
  'HAVE_NOTHING',
  'HAVE_METADATA',
  'HAVE_CURRENT_DATA',
  'HAVE_FUTURE_DATA',
  'HAVE_ENOUGH_DATA',
  'NETWORK_EMPTY',
  'NETWORK_IDLE',
  'NETWORK_LOADING',
  'NETWORK_NO_SOURCE',
  'buffered',
  'currentSrc',
  'duration',
  'ended',
  'error',
  'mediaKeys',
  'networkState',
  'paused',
  'played',
  'readyState',
  'remote',
  'seekable',
  'seeking',
  'textTracks',
  'videoHeight',
  'videoWidth',
] as const satisfies readonly (keyof HTMLVideoElement)[];

const writable = [
  'autoplay',
  'controls',
  'crossOrigin',
  'currentTime',
  'defaultMuted',
  'defaultPlaybackRate',
  'disablePictureInPicture',
  'disableRemotePlayback',
  'loop',
  'muted',
  'playbackRate',
  'playsInline',
  'poster',
  'preload',
  'preservesPitch',
  'src',
  'srcObject',
  'volume',
] as const satisfies readonly (keyof HTMLVideoElement)[];

const methods = [
  'addTextTrack',
  'canPlayType',
  'cancelVideoFrameCallback',
  'fastSeek',
  'getVideoPlaybackQuality',
  'load',
  'pause',
  'play',
  'requestPictureInPicture',
  'requestVideoFrameCallback',
  'setMediaKeys',
] as const satisfies readonly (keyof HTMLVideoElement)[];

/**
 * What a `<video>` offers beyond other elements (HTML §4.8.11, Picture-in-Picture, Remote Playback, requestVideoFrameCallback), but for
 * `width` and `height`, which belong to the layout.
 */
export type MediaApi = Pick<
  HTMLVideoElement,
  (typeof readable)[number] | (typeof writable)[number] | (typeof methods)[number]
>;

/** A `<video>`, or a custom element with its interface around one. */
export type MediaElement = HTMLElement & MediaApi & { readonly nativeEl?: HTMLElement | null };

/** The events that a `<video>` fires at itself, without bubbling. */
const mediaEvents = [
  'abort',
  'canplay',
  'canplaythrough',
  'durationchange',
  'emptied',
  'encrypted',
  'ended',
  'enterpictureinpicture',
  'error',
  'leavepictureinpicture',
  'loadeddata',
  'loadedmetadata',
  'loadstart',
  'pause',
  'play',
  'playing',
  'progress',
  'ratechange',
  'resize',
  'seeked',
  'seeking',
  'stalled',
  'suspend',
  'timeupdate',
  'volumechange',
  'waiting',
  'waitingforkey',
] as const;

/** After these a listener has read everything anew. */
const stateEvents = ['emptied', 'durationchange', 'timeupdate', 'volumechange', 'ratechange'] as const;

type EventConstructor = new (type: string, init: Event) => Event;

/** Makes an element act as the media element inside it: properties and methods go in, events come out. */
export class MediaForward {
  readonly #element: HTMLElement;
  /** What was set before there was a media element. */
  readonly #pending = new Map<string, unknown>();
  #listening: AbortController | undefined;
  #media: MediaElement | undefined;
  #empty: HTMLVideoElement | undefined;

  constructor(element: HTMLElement) {
    this.#element = element;
  }

  get media(): MediaElement | undefined {
    return this.#media;
  }

  set media(media: MediaElement | undefined) {
    if (media === this.#media) return;
    const had = this.#media !== undefined;
    this.#listening?.abort();
    this.#media = media;
    if (media) this.#attach(media);
    if (had) this.#announceAll();
  }

  #attach(media: MediaElement): void {
    for (const [name, value] of this.#pending) Reflect.set(media, name, value);
    this.#pending.clear();
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    for (const type of mediaEvents) media.addEventListener(type, (event) => this.#repeat(event), { signal });
  }

  #repeat(event: Event): void {
    // A bubbling one comes here by itself; others would be of something inside the media element.
    if (event.bubbles || event.target !== this.#media) return;
    // An event's properties are its constructor's options (DOM §2.2).
    const Repeated = event.constructor as EventConstructor;
    this.#element.dispatchEvent(new Repeated(event.type, event));
  }

  /** Another media element: nothing that was read of the former one holds. */
  #announceAll(): void {
    for (const type of [...stateEvents, this.source.paused ? 'pause' : 'playing'])
      this.#element.dispatchEvent(new Event(type));
  }

  /** Where values come from: without a media element, a `<video>` without a source. */
  get source(): MediaApi {
    if (this.#media) return this.#media;
    this.#empty ??= this.#element.ownerDocument.createElement('video');
    return this.#empty;
  }

  get(name: keyof MediaApi): unknown {
    return !this.#media && this.#pending.has(name) ? this.#pending.get(name) : Reflect.get(this.source, name);
  }

  set(name: keyof MediaApi, value: unknown): void {
    if (this.#media) Reflect.set(this.#media, name, value);
    else this.#pending.set(name, value);
  }
}

/** Defines {@link MediaApi} on a class of elements: what this browser has of it, so that looking for a member tells what a `<video>` tells. */
export function defineMediaApi<E extends HTMLElement>(prototype: E, forwardOf: (element: E) => MediaForward): void {
  const known: object = globalThis.HTMLVideoElement?.prototype ?? {};
  const define = (name: keyof MediaApi, descriptor: PropertyDescriptor & ThisType<E>) => {
    if (name in known) Object.defineProperty(prototype, name, { configurable: true, enumerable: true, ...descriptor });
  };
  for (const name of readable)
    define(name, {
      get() {
        return forwardOf(this).get(name);
      },
    });
  for (const name of writable)
    define(name, {
      get() {
        return forwardOf(this).get(name);
      },
      set(value: unknown) {
        forwardOf(this).set(name, value);
      },
    });
  for (const name of methods)
    define(name, {
      writable: true,
      value(...values: unknown[]) {
        const { source } = forwardOf(this);
        const method: unknown = Reflect.get(source, name);
        // A custom media element need not have every method.
        if (typeof method !== 'function') throw new TypeError(`${name} is not a function of this media element`);
        return Reflect.apply(method, source, values);
      },
    });
}
