import type { Highlights } from '../../compose/highlights.js';
import { VitreousError } from '../../core/errors.js';
import type { CanvasPlace } from '../../present/presenter.js';
import { shown } from '../api/check-value.js';
import { Capture } from './capture.js';
import type { FrameRenderer } from './frame-renderer.js';

/** All streams that go out of a session. Costs nothing while there are none. */
export class Captures {
  readonly #captures = new Set<Capture>();
  #closed = false;

  /** @throws TypeError; VitreousError `disposed`. */
  add(frameRate: number | undefined): MediaStream {
    if (frameRate !== undefined && !(frameRate > 0 && Number.isFinite(frameRate)))
      throw new TypeError(`frameRate must be a number above 0, got ${shown(frameRate)}`);
    if (this.#closed)
      throw new VitreousError({
        code: 'disposed',
        stage: 'session',
        found: 'captureStream() of a disposed enhancement',
        expected: 'a live one',
        fix: 'Call it before dispose().',
      });
    const capture = new Capture(frameRate);
    this.#captures.add(capture);
    return capture.stream;
  }

  get none(): boolean {
    return this.#captures.size === 0;
  }

  #due(): Capture[] {
    for (const capture of this.#captures)
      if (capture.ended) {
        capture.close();
        this.#captures.delete(capture);
      }
    return [...this.#captures].filter(({ due }) => due);
  }

  /** In the task in which the picture was drawn. `shown` is the canvas it was drawn on. */
  enhanced(
    renderer: FrameRenderer,
    placement: CanvasPlace,
    highlights: Highlights | undefined,
    shown: HTMLCanvasElement,
  ): void {
    const due = this.#due();
    const size = renderer.pictureSize;
    if (due.length === 0 || !size || placement.rect.width === 0) return;
    // At the density of the screen: labels are drawn once for both.
    const { pixelRatio } = placement;
    const layout = {
      rect: { x: 0, y: 0, ...size },
      canvas: size,
      pixelRatio,
      compare: false,
      dividerWidth: 0,
    } as const;
    const picture = renderer.drawAside?.({ ...layout, highlights }) ?? shown;
    for (const capture of due) capture.write(picture, size);
  }

  /** The frame itself: no enhanced picture is on screen. `scale`: of the pictures that go out, times the frame's size. */
  native(frame: VideoFrame, scale: number): void {
    const size = { width: frame.displayWidth * scale, height: frame.displayHeight * scale };
    for (const capture of this.#due()) capture.write(frame, size);
  }

  close(): void {
    this.#closed = true;
    for (const capture of this.#captures) capture.close();
    this.#captures.clear();
  }
}
