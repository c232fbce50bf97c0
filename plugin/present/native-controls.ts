/** Height of the strip in which browsers draw their controls: Chrome's panel with its gradient; Firefox's and Safari's are lower. */
const stripPx = 72;
/** Browsers hide their controls about this long after the last sign of a user. */
const lingerMs = 3000;

/**
 * Tells when a video's own controls (`controls` attribute) are probably on screen. They live in the video's shadow tree, where no
 * page can see them: they show while it is paused, hovered, touched or focused.
 */
export class NativeControls {
  readonly #video: HTMLVideoElement;
  readonly #onChange: () => void;
  readonly #listening = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #active = false;

  constructor(video: HTMLVideoElement, onChange: () => void) {
    this.#video = video;
    this.#onChange = onChange;
    const { signal } = this.#listening;
    const options = { signal, passive: true };
    for (const type of ['pointermove', 'pointerdown', 'keydown', 'focusin'])
      video.addEventListener(type, () => this.#stir(), options);
    video.addEventListener('pointerleave', () => this.#rest(), options);
    for (const type of ['play', 'pause', 'ended']) video.addEventListener(type, onChange, options);
  }

  /** CSS pixels at the bottom of the content box to leave to the controls; 0 while there are none. */
  get heightPx(): number {
    const video = this.#video;
    if (!video.controls) return 0;
    return video.paused || this.#active ? Math.min(stripPx, video.clientHeight) : 0;
  }

  #stir(): void {
    if (!this.#video.controls) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#rest(), lingerMs);
    if (this.#active) return;
    this.#active = true;
    this.#onChange();
  }

  #rest(): void {
    clearTimeout(this.#timer);
    if (!this.#active) return;
    this.#active = false;
    this.#onChange();
  }

  dispose(): void {
    this.#listening.abort();
    clearTimeout(this.#timer);
  }
}
