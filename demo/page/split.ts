import { pictureRect } from './picture-rect.js';

const step = 0.02;
const bigStep = 0.1;

/** The line between the native and the enhanced picture: dragged, or moved by keys as an ARIA slider. */
export class Split {
  readonly #stage: HTMLElement;
  readonly #video: HTMLVideoElement;
  readonly #box: HTMLElement;
  readonly #handle: HTMLElement;
  readonly #onMove: () => void;
  #at = 0.5;

  constructor(
    parts: { stage: HTMLElement; video: HTMLVideoElement; box: HTMLElement; handle: HTMLElement },
    onMove: () => void,
  ) {
    this.#stage = parts.stage;
    this.#video = parts.video;
    this.#box = parts.box;
    this.#handle = parts.handle;
    this.#onMove = onMove;
    this.#handle.addEventListener('pointerdown', (event) => {
      this.#handle.setPointerCapture(event.pointerId);
      this.#follow(event);
    });
    this.#handle.addEventListener('pointermove', (event) => {
      if (this.#handle.hasPointerCapture(event.pointerId)) this.#follow(event);
    });
    // The stage plays and pauses on a click; the end of a drag is none.
    this.#handle.addEventListener('click', (event) => event.stopPropagation());
    this.#handle.addEventListener('keydown', (event) => this.#onKey(event));
    new ResizeObserver(() => this.#lay()).observe(this.#stage);
    this.#video.addEventListener('resize', () => this.#lay());
    this.#show();
  }

  /** Fraction of the picture's width that stays native. */
  get at(): number {
    return this.#at;
  }

  set visible(visible: boolean) {
    this.#box.hidden = !visible;
    this.#lay();
  }

  #moveTo(at: number): void {
    this.#at = Math.min(Math.max(at, 0), 1);
    this.#show();
    this.#onMove();
  }

  #show(): void {
    const percent = Math.round(this.#at * 100);
    this.#box.style.setProperty('--at', String(this.#at));
    this.#handle.setAttribute('aria-valuenow', String(percent));
    this.#handle.setAttribute('aria-valuetext', `${percent} % native, ${100 - percent} % enhanced`);
  }

  #lay(): void {
    const { x, y, width, height } = pictureRect(this.#stage, this.#video);
    Object.assign(this.#box.style, { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` });
  }

  #follow(event: PointerEvent): void {
    const { left, width } = this.#box.getBoundingClientRect();
    if (width > 0) this.#moveTo((event.clientX - left) / width);
  }

  #onKey(event: KeyboardEvent): void {
    const by = event.shiftKey ? bigStep : step;
    const targets: Readonly<Record<string, number>> = {
      ArrowLeft: this.#at - by,
      ArrowDown: this.#at - by,
      ArrowRight: this.#at + by,
      ArrowUp: this.#at + by,
      PageDown: this.#at - bigStep,
      PageUp: this.#at + bigStep,
      Home: 0,
      End: 1,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.#moveTo(target);
  }
}
