/** As large as any box, and nowhere opaque. */
const nothing = 'linear-gradient(transparent, transparent)';

/**
 * Takes a video's own picture out of sight while the canvas stands alone in its place, and gives it back within the task. By an animation that
 * stands still: it changes no attribute, and a mask leaves layout, clicks and the frames themselves as they are.
 */
export class NativePicture {
  readonly #video: HTMLVideoElement;
  #animation: Animation | undefined;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
  }

  get hidden(): boolean {
    return this.#animation !== undefined;
  }

  /** False where it cannot be: a rule of the page that no animation overrides. */
  hide(): boolean {
    if (!this.#animation) {
      if (!('animate' in this.#video)) return false;
      this.#animation = this.#video.animate(
        { maskImage: [nothing, nothing], maskMode: ['alpha', 'alpha'], maskClip: ['no-clip', 'no-clip'] },
        { duration: 1, fill: 'both' },
      );
      this.#animation.pause();
    }
    if (getComputedStyle(this.#video).maskImage.includes('linear-gradient')) return true;
    this.show();
    return false;
  }

  show(): void {
    this.#animation?.cancel();
    this.#animation = undefined;
  }

  /** Reads something of the video as the page styles it. */
  bare<T>(read: () => T): T {
    const effect = this.#animation?.effect;
    if (!(effect instanceof KeyframeEffect)) return read();
    const { target } = effect;
    effect.target = null;
    try {
      return read();
    } finally {
      effect.target = target;
    }
  }
}
