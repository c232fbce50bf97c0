import type { ComposeLayout } from '../../compose/compose-stage.js';
import type { Highlights } from '../../compose/highlights.js';
import type { FrameTiming } from '../../core/frame-source.js';
import type { CanvasPlace } from '../../present/presenter.js';
import type { ActiveTier } from '../api/events.js';
import { FrameCounters } from './counters.js';
import type { FrameRenderer } from './frame-renderer.js';

/** Frames the GPU may be behind; more would only add delay. */
const mostInFlight = 2;
/** GPU time is measured this often: measuring maps a buffer, which steady frames do not. */
const sampleEveryMs = 125;
/** While nothing is drawn, the queue is looked at this often. */
const probeEveryMs = 250;
const dividerCssPx = 2;

/** How a frame is drawn. */
export interface DrawnAs {
  readonly tier: ActiveTier;
  readonly placement: CanvasPlace;
  readonly compare: number | false;
  readonly highlights?: Highlights | undefined;
  /** Measure its GPU time whenever the last one was measured. */
  readonly measure: boolean;
}

/** What a frame cost, known when the GPU is done with it. */
export interface FrameCost {
  readonly tier: ActiveTier;
  /** GPU time of our own passes; undefined where this frame was not measured. */
  readonly ownMs: number | undefined;
  /** How long the queue was busy until it was done, others' work included: since the frame before it, or since its submit. */
  readonly busyMs: number;
  /** 1, and the frames that were dropped before it because the queue was behind. */
  readonly frameCount: number;
}

export interface DrawingEvents {
  /** The GPU has caught up after frames had to be dropped. */
  readonly onCaughtUp: () => void;
  readonly onCost: (cost: FrameCost) => void;
  /** A frame had to be dropped: the oldest before it has been in the queue for so long. */
  readonly onBehind: (waitedMs: number) => void;
  /** The queue, given nothing by us, took so long to answer: others' work. */
  readonly onIdle: (waitMs: number) => void;
}

/** Puts frames on the canvas, no more at a time than the GPU keeps up with, and counts them. */
export class Drawing {
  readonly counters = new FrameCounters();
  readonly #events: DrawingEvents;
  /** When each frame in the queue was submitted, oldest first. */
  readonly #inFlightSinceMs: number[] = [];
  #dropping = false;
  #droppedSince = 0;
  #lastDoneMs = Number.NEGATIVE_INFINITY;
  #lastSampleMs = Number.NEGATIVE_INFINITY;
  #lastProbeMs = Number.NEGATIVE_INFINITY;

  constructor(events: DrawingEvents) {
    this.#events = events;
  }

  /** The GPU has as many frames to do as it may. */
  get behind(): boolean {
    return this.#inFlightSinceMs.length >= mostInFlight;
  }

  /** A frame is not drawn, as the GPU is behind; `onCaughtUp` will tell. `native`: the video itself shows it. */
  drop(native: boolean): void {
    this.counters.miss(1, native);
    this.#droppedSince++;
    this.#dropping = true;
    this.#events.onBehind(performance.now() - (this.#inFlightSinceMs[0] ?? 0));
  }

  /** @throws VitreousError `frame-import`. */
  draw(renderer: FrameRenderer, frame: VideoFrame, timing: FrameTiming, as: DrawnAs): void {
    const submitMs = performance.now();
    const { tier } = as;
    const sample = as.measure || submitMs - this.#lastSampleMs >= sampleEveryMs;
    renderer.draw(frame, layout(as), sample);
    this.counters.show(performance.now(), timing.expectedDisplayTimeMs, tier);
    this.#inFlightSinceMs.push(submitMs);
    const frameCount = 1 + this.#droppedSince;
    this.#droppedSince = 0;
    const { timer } = renderer;
    const own = sample ? timer.read() : undefined;
    if (sample) this.#lastSampleMs = submitMs;
    renderer.done().then(
      () => {
        const busyMs = this.#finished(submitMs);
        // Without timestamps the time of the queue is the nearest thing: it also has others' work in it.
        const measured = timer.available ? own : Promise.resolve(busyMs);
        const tell = (ownMs: number | undefined) => this.#events.onCost({ tier, ownMs, busyMs, frameCount });
        if (measured) measured.then(tell, ignoreLoss);
        else tell(undefined);
      },
      () => this.#finished(submitMs),
    );
  }

  /** While nothing is drawn: asks the queue now and then how busy others keep it. */
  probe(renderer: FrameRenderer): void {
    const startMs = performance.now();
    if (startMs - this.#lastProbeMs < probeEveryMs) return;
    this.#lastProbeMs = startMs;
    renderer
      .done()
      .then(() => this.#events.onIdle(performance.now() - startMs))
      .catch(ignoreLoss);
  }

  /** False: the next frame has to come first. */
  redraw(renderer: FrameRenderer, as: Omit<DrawnAs, 'tier' | 'measure'>): boolean {
    return renderer.redraw(layout(as));
  }

  /** Resolves the oldest frame in the queue; returns how long the queue was busy with it. */
  #finished(submitMs: number): number {
    const nowMs = performance.now();
    const busyMs = nowMs - Math.max(submitMs, this.#lastDoneMs);
    this.#lastDoneMs = nowMs;
    this.#inFlightSinceMs.shift();
    if (this.#dropping) {
      this.#dropping = false;
      this.#events.onCaughtUp();
    }
    return busyMs;
  }
}

function layout({ placement, compare, highlights }: Omit<DrawnAs, 'tier' | 'measure'>): ComposeLayout {
  const { rect, clip, canvas, pixelRatio, turn } = placement;
  return {
    rect,
    clip,
    canvas,
    pixelRatio,
    turn,
    compare,
    highlights,
    dividerWidth: Math.max(1, Math.round(dividerCssPx * pixelRatio)),
  };
}

/** A measurement dies with its device; the loss itself is reported elsewhere. */
function ignoreLoss(): void {}
