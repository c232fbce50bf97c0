import type { FrameTiming } from '../core/frame-source.js';
import type { CanvasSurface } from '../present/canvas-surface.js';
import type { Placement } from '../present/presenter.js';
import { FrameCounters } from './counters.js';
import type { Renderer } from './renderer.js';

/** Frames the GPU may be behind; more would only add delay. */
const mostInFlight = 2;
/** GPU time is measured this often: measuring maps a buffer, which steady frames do not. */
const sampleEveryMs = 250;
const dividerCssPx = 2;

export interface DrawingEvents {
  /** The GPU has caught up after frames had to be dropped. */
  readonly onCaughtUp: () => void;
  /** GPU milliseconds of one frame. */
  readonly onSample: (gpuMs: number) => void;
}

/** Puts frames on the canvas, no more at a time than the GPU keeps up with, and counts them. */
export class Drawing {
  readonly counters = new FrameCounters();
  readonly #surface: CanvasSurface;
  readonly #events: DrawingEvents;
  #inFlight = 0;
  #behind = false;
  #lastSampleMs = Number.NEGATIVE_INFINITY;

  constructor(surface: CanvasSurface, events: DrawingEvents) {
    this.#surface = surface;
    this.#events = events;
  }

  /** The GPU is behind: the frame is dropped, and `onCaughtUp` will tell. */
  busy(): boolean {
    if (this.#inFlight < mostInFlight) return false;
    this.counters.dropped++;
    this.#behind = true;
    return true;
  }

  /** @throws VitreousError `frame-import`. */
  draw(
    renderer: Renderer,
    frame: VideoFrame,
    timing: FrameTiming,
    placement: Placement,
    compare: number | false,
  ): void {
    const startMs = performance.now();
    const sample = startMs - this.#lastSampleMs >= sampleEveryMs;
    renderer.draw(frame, this.#surface.texture(placement.canvas), layout(placement, compare), sample);
    this.counters.show(performance.now(), timing.expectedDisplayTimeMs);
    this.#inFlight++;
    const { timer, gpu } = renderer;
    const done = gpu.device.queue.onSubmittedWorkDone();
    if (sample) {
      this.#lastSampleMs = startMs;
      // Without timestamps the wall time of the queue is the nearest thing: it also has waiting in it.
      const measured = timer.available ? timer.read() : done.then(() => performance.now() - startMs);
      measured.then((gpuMs) => gpuMs !== undefined && this.#events.onSample(gpuMs), ignoreLoss);
    }
    done.then(
      () => this.#finished(),
      () => this.#finished(),
    );
  }

  redraw(renderer: Renderer, placement: Placement, compare: number | false): void {
    renderer.redraw(this.#surface.texture(placement.canvas), layout(placement, compare));
  }

  #finished(): void {
    this.#inFlight--;
    if (!this.#behind) return;
    this.#behind = false;
    this.#events.onCaughtUp();
  }
}

function layout({ rect, pixelRatio }: Placement, compare: number | false) {
  return { rect, compare, dividerWidth: Math.max(1, Math.round(dividerCssPx * pixelRatio)) };
}

/** A measurement dies with its device; the loss itself is reported elsewhere. */
function ignoreLoss(): void {}
