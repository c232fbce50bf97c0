import type { Enhanced } from '../../index.js';

/** What a texture shows. */
export interface FeedEvents {
  /** The enhanced picture has been drawn, in this task: `enhanced.texture` and `enhanced.canvas` hold it. */
  readonly onPicture: () => void;
  /** The native video shows and has a frame. */
  readonly onNative: (video: HTMLVideoElement) => void;
}

/**
 * Tells a texture what to show: the enhanced picture as often as it is drawn, and while the native video shows the frames of that, as
 * a page would see them. Ends with the enhancement; the last thing shown is native then, as the picture's texture is gone.
 */
export class PictureFeed {
  readonly #enhanced: Enhanced;
  readonly #events: FeedEvents;
  readonly #listening = new AbortController();
  #callback: number | undefined;

  constructor(enhanced: Enhanced, events: FeedEvents) {
    this.#enhanced = enhanced;
    this.#events = events;
    const { signal } = this.#listening;
    enhanced.addEventListener('draw', () => this.#onPicture(), { signal });
    enhanced.addEventListener('statechange', () => this.#onState(), { signal });
    this.#onState();
    // What was drawn before cannot be read from a canvas any more: it is drawn again, and the event comes now.
    if (enhanced.state === 'running') enhanced.set({});
  }

  #onPicture(): void {
    this.#stopNative();
    this.#events.onPicture();
  }

  #onState(): void {
    const { state } = this.#enhanced;
    // The picture follows at once, by its own event.
    if (state === 'running') return;
    this.#native();
    if (state === 'disposed') this.dispose();
  }

  /** The frame at hand, and each that follows. */
  #native(): void {
    const { video } = this.#enhanced;
    if (!video) return;
    if (video.readyState >= video.HAVE_CURRENT_DATA && video.videoWidth > 0) this.#events.onNative(video);
    this.#callback ??= video.requestVideoFrameCallback(() => {
      this.#callback = undefined;
      this.#native();
    });
  }

  #stopNative(): void {
    if (this.#callback !== undefined) this.#enhanced.video?.cancelVideoFrameCallback(this.#callback);
    this.#callback = undefined;
  }

  dispose(): void {
    this.#stopNative();
    this.#listening.abort();
  }
}
