import { pictureRect } from './picture-rect.js';

/** How much larger than on the stage things are in the loupe. */
const magnification = 3;
const step = 0.01;
const bigStep = 0.05;
/** A finger covers what it points at: the loupe keeps above it. */
const fingerOffsetPx = 120;

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), Math.max(low, high));

/** A copy of a picture that stays when the original's frame is gone. */
class Snapshot {
  readonly canvas = document.createElement('canvas');
  readonly #context = this.canvas.getContext('2d');

  take(source: HTMLVideoElement | HTMLCanvasElement, width: number, height: number): void {
    if (width === 0 || height === 0) return;
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    this.#context?.drawImage(source, 0, 0, width, height);
  }
}

/** Shows the place under the pointer enlarged, twice: as the browser draws it, and enhanced. */
export class Loupe {
  readonly #stage: HTMLElement;
  readonly #video: HTMLVideoElement;
  readonly #box: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #native = new Snapshot();
  readonly #enhanced = new Snapshot();
  readonly #onOpen: () => void;
  /** Where it looks, fractions of the stage. */
  #x = 0.5;
  #y = 0.45;
  #above = false;

  /** @param onOpen makes a frame be drawn and captured, for a video that stands still */
  constructor(
    parts: { stage: HTMLElement; video: HTMLVideoElement; box: HTMLElement; canvas: HTMLCanvasElement },
    onOpen: () => void,
  ) {
    this.#stage = parts.stage;
    this.#video = parts.video;
    this.#box = parts.box;
    this.#canvas = parts.canvas;
    this.#onOpen = onOpen;
    this.#stage.addEventListener('pointermove', (event) => this.#follow(event));
    this.#stage.addEventListener('pointerdown', (event) => this.#follow(event));
    this.#box.addEventListener('keydown', (event) => this.#onKey(event));
    new ResizeObserver(() => this.#draw()).observe(this.#stage);
  }

  get visible(): boolean {
    return !this.#box.hidden;
  }

  set visible(visible: boolean) {
    this.#box.hidden = !visible;
    if (visible) {
      this.#onOpen();
      this.#draw();
    }
  }

  /** Keeps the frame that was drawn just now: a WebGPU canvas can be read only in the task that drew it. */
  capture(enhanced: HTMLCanvasElement): void {
    if (!this.visible) return;
    this.#native.take(this.#video, this.#video.videoWidth, this.#video.videoHeight);
    this.#enhanced.take(enhanced, enhanced.width, enhanced.height);
    this.#draw();
  }

  #follow(event: PointerEvent): void {
    if (!this.visible) return;
    const { left, top, width, height } = this.#stage.getBoundingClientRect();
    this.#above = event.pointerType === 'touch';
    this.#look((event.clientX - left) / width, (event.clientY - top) / height);
  }

  #look(x: number, y: number): void {
    this.#x = clamp(x, 0, 1);
    this.#y = clamp(y, 0, 1);
    this.#draw();
  }

  #onKey(event: KeyboardEvent): void {
    const by = event.shiftKey ? bigStep : step;
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-by, 0],
      ArrowRight: [by, 0],
      ArrowUp: [0, -by],
      ArrowDown: [0, by],
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    this.#above = false;
    this.#look(this.#x + move[0], this.#y + move[1]);
  }

  #draw(): void {
    if (!this.visible) return;
    const { clientWidth: stageWidth, clientHeight: stageHeight } = this.#stage;
    const { offsetWidth: boxWidth, offsetHeight: boxHeight } = this.#box;
    const [x, y] = [this.#x * stageWidth, this.#y * stageHeight];
    const shownY = this.#above ? y - fingerOffsetPx : y;
    this.#box.style.left = `${clamp(x, boxWidth / 2, stageWidth - boxWidth / 2)}px`;
    this.#box.style.top = `${clamp(shownY, boxHeight / 2, stageHeight - boxHeight / 2)}px`;
    const { clientWidth, clientHeight } = this.#canvas;
    const [width, height] = [clientWidth * devicePixelRatio, clientHeight * devicePixelRatio].map(Math.round);
    if (!width || !height) return;
    if (this.#canvas.width !== width || this.#canvas.height !== height) Object.assign(this.#canvas, { width, height });
    const context = this.#canvas.getContext('2d');
    if (!context) return;
    context.imageSmoothingEnabled = true;
    context.clearRect(0, 0, width, height);
    // What each half shows, CSS pixels of the stage.
    const [viewWidth, viewHeight] = [clientWidth / 2 / magnification, clientHeight / magnification];
    const view = { x: x - viewWidth / 2, y: y - viewHeight / 2, width: viewWidth, height: viewHeight };
    const picture = pictureRect(this.#stage, this.#video);
    const halves = [
      { from: this.#native.canvas, over: picture, left: 0 },
      { from: this.#enhanced.canvas, over: { x: 0, y: 0, width: stageWidth, height: stageHeight }, left: width / 2 },
    ];
    for (const { from, over, left } of halves) {
      const [scaleX, scaleY] = [from.width / over.width, from.height / over.height];
      context.drawImage(
        from,
        (view.x - over.x) * scaleX,
        (view.y - over.y) * scaleY,
        view.width * scaleX,
        view.height * scaleY,
        left,
        0,
        width / 2,
        height,
      );
    }
  }
}
