/** Frames that the browser may show without telling between two `timeupdate` events: it tells a little later than it shows. */
const fewestUntold = 3;

export interface UntoldEvents {
  /** Frames are shown and none is told of: to be asked for anew. */
  readonly onUntold: () => void;
  /** A paint of the page, while frames are found by looking; how many have not been looked at since the last one that was. */
  readonly onPaint: (skipped: number) => void;
}

/**
 * Finds out, by their count, that a playing video shows frames without a call of its `requestVideoFrameCallback`. In Chromium a callback that was due in a
 * window that has closed (the video has left a Document Picture-in-Picture window) never comes, and now and then none does that is asked for
 * afterwards either: until one comes again, the video is looked at before each of the page's paints.
 */
export class UntoldFrames {
  readonly #video: HTMLVideoElement;
  readonly #events: UntoldEvents;
  /** Since the last `timeupdate`: whether a frame was told of, and how many there had been. */
  #told = false;
  #countAtUpdate = 0;
  /** The paint that is waited for, and the window whose it is: a video moves from one to another's. */
  #look: { readonly view: Window; readonly handle: number } | undefined;
  /** How many there were at the last look. */
  #countAtLook = 0;

  constructor(video: HTMLVideoElement, events: UntoldEvents) {
    this.#video = video;
    this.#events = events;
  }

  /** The browser has told of a frame. */
  tell(): void {
    this.#told = true;
    this.stop();
  }

  /** At each `timeupdate`. */
  check(): void {
    const count = this.#shown();
    const untold = this.#told ? 0 : count - this.#countAtUpdate;
    this.#told = false;
    this.#countAtUpdate = count;
    if (untold < fewestUntold) return;
    this.#events.onUntold();
    if (!this.#look) this.#countAtLook = count;
    this.#lookAgain();
  }

  stop(): void {
    this.#look?.view.cancelAnimationFrame(this.#look.handle);
    this.#look = undefined;
  }

  #shown(): number {
    return this.#video.getVideoPlaybackQuality().totalVideoFrames;
  }

  #lookAgain(): void {
    this.stop();
    const view = this.#video.ownerDocument.defaultView;
    if (!view) return;
    const handle = view.requestAnimationFrame(() => {
      const count = this.#shown();
      const skipped = Math.max(0, count - this.#countAtLook - 1);
      this.#countAtLook = count;
      this.#lookAgain();
      this.#events.onPaint(skipped);
    });
    this.#look = { view, handle };
  }
}
